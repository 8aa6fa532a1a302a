"""Reads the text form of expressions.

    expression = all ("or" all)*        all = one ("and" one)*        one = "not" one | "(" expression ")" | test
    test = "verified" | "needs_review"
         | "text" [. name] ("contains" | "matches") "words"
         | ["label" . name] "differs" "from" job
         | field [. name] (= | != | < | <= | > | >=) value | field [. name] "in" (value, …) | field [. name] "exists"

Words of the language are read in any case. Quotes are needed around values with spaces or signs.
"""

from __future__ import annotations

import difflib
import math

from pydantic import ValidationError

from tandem.finding.expressions import (
    MOST_DEPTH,
    NAMED,
    And,
    Compare,
    Contains,
    Differs,
    Exists,
    Expression,
    Field,
    Flag,
    Is,
    Matches,
    Not,
    Or,
    Scalar,
    problem_with_size,
)
from tandem.finding.lexing import ExpressionError, Token, TokenKind, tokens

__all__ = ["RESERVED", "ExpressionError", "parse"]

_FIELDS = {field.value: field for field in Field}
_FLAGS = ("verified", "needs_review")
_BEGINNINGS = (*_FIELDS, *_FLAGS, "text", "differs", "not")
RESERVED = frozenset({"and", "or", "not", "in", "exists", "contains", "matches", "true", "false"})
"""Words that a value or a name needs quotes for."""


def parse(text: str) -> Expression:
    """Read an expression. Raises ExpressionError, which says where and what was expected."""
    parser = _Parser(text)
    found = parser.expression(1)
    rest = parser.now
    if rest.kind is not TokenKind.END:
        raise parser.error(f"Expected and, or, or the end, not {rest}.", rest)
    if problem := problem_with_size(found):
        raise ExpressionError(f"The expression is too large: {problem}.", text, 0)
    return found


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = tokens(text)
        self._at = 0

    @property
    def now(self) -> Token:
        return self._tokens[self._at]

    def error(self, message: str, at: Token) -> ExpressionError:
        return ExpressionError(message, self._text, at.position)

    def expression(self, depth: int) -> Expression:
        if depth > MOST_DEPTH:
            raise self.error(f"The expression is nested deeper than {MOST_DEPTH} levels.", self.now)
        found = [self._all(depth)]
        while self._word("or"):
            found.append(self._all(depth))
        return found[0] if len(found) == 1 else self._made(Or, self.now, of=tuple(found))

    def _all(self, depth: int) -> Expression:
        found = [self._one(depth)]
        while self._word("and"):
            found.append(self._one(depth))
        return found[0] if len(found) == 1 else self._made(And, self.now, of=tuple(found))

    def _one(self, depth: int) -> Expression:
        if self._word("not"):
            if depth >= MOST_DEPTH:
                raise self.error(f"The expression is nested deeper than {MOST_DEPTH} levels.", self.now)
            return Not(of=self._one(depth + 1))
        if self._sign("("):
            found = self.expression(depth + 1)
            self._expect_sign(")", "to close the parenthesis")
            return found
        return self._test()

    def _test(self) -> Expression:
        begin = self._take()
        word = begin.value.lower() if begin.kind is TokenKind.WORD else ""
        if word in _FLAGS:
            return self._made(Flag, begin, flag=word)
        if word == "text":
            return self._text_test(begin)
        if word == "differs":
            return self._differs(begin, None)
        if word in _FIELDS:
            return self._comparison(begin, _FIELDS[word])
        near = difflib.get_close_matches(word, _BEGINNINGS, n=1)
        hint = f" Did you mean {near[0]}?" if near else f" A test begins with one of: {', '.join(_BEGINNINGS)}."
        raise self.error(f"Expected a test, not {begin}.{hint}", begin)

    def _text_test(self, begin: Token) -> Expression:
        name = self._name()
        if self._word("contains"):
            return self._made(Contains, begin, field=name, words=self._text_value("contains"))
        if self._word("matches"):
            return self._made(Matches, begin, field=name, pattern=self._text_value("matches"))
        raise self.error(f"Expected contains or matches behind text, not {self.now}.", self.now)

    def _differs(self, begin: Token, name: str | None) -> Expression:
        if not self._word("from"):
            raise self.error(f"Expected from behind differs, not {self.now}.", self.now)
        return self._made(Differs, begin, job_id=self._text_value("differs from"), name=name)

    def _comparison(self, begin: Token, field: Field) -> Expression:
        name = self._name() if field in NAMED else None
        if field is Field.LABEL and self._word("differs"):
            return self._differs(begin, name)
        if self._word("exists"):
            return self._made(Exists, begin, field=field, name=name)
        if self._word("in"):
            return self._made(Compare, begin, field=field, name=name, values=self._values())
        sign = self._take()
        if sign.kind is TokenKind.SIGN and sign.value in ("=", "==", "!=", "<", "<=", ">", ">="):
            operator = Is(sign.value) if sign.value in ("<", "<=", ">", ">=") else Is.EQUAL
            found = self._made(Compare, begin, field=field, name=name, operator=operator, values=(self._value(),))
            return Not(of=found) if sign.value == "!=" else found
        raise self.error(f"Expected =, !=, <, <=, >, >=, in or exists behind {field.value}, not {sign}.", sign)

    def _values(self) -> tuple[Scalar, ...]:
        self._expect_sign("(", 'behind in, as in label in (positive, "very positive")')
        found = [self._value()]
        while self._sign(","):
            found.append(self._value())
        self._expect_sign(")", "behind the values")
        return tuple(found)

    def _value(self) -> Scalar:
        token = self._take()
        match token.kind:
            case TokenKind.TEXT:
                return token.value
            case TokenKind.NUMBER:
                number = float(token.value)
                if not math.isfinite(number):
                    raise self.error("The number is too large.", token)
                return int(token.value) if token.value.lstrip("+-").isdigit() and len(token.value) < 20 else number
            case TokenKind.WORD if token.value.lower() in ("true", "false"):
                return token.value.lower() == "true"
            case TokenKind.WORD if token.value.lower() not in RESERVED:
                return token.value
            case _:
                raise self.error(f"Expected a value, not {token}. Put quotes around words of the language.", token)

    def _text_value(self, behind: str) -> str:
        token = self._take()
        if token.kind is TokenKind.TEXT or (token.kind is TokenKind.WORD and token.value.lower() not in RESERVED):
            return token.value
        raise self.error(f'Expected a text in quotes behind {behind}, as in "refund", not {token}.', token)

    def _name(self) -> str | None:
        if not self._sign("."):
            return None
        token = self._take()
        if token.kind in (TokenKind.WORD, TokenKind.TEXT):
            return token.value
        raise self.error(f"Expected a name behind the point, not {token}. Put quotes around it.", token)

    def _take(self) -> Token:
        token = self.now
        if token.kind is not TokenKind.END:
            self._at += 1
        return token

    def _word(self, word: str) -> bool:
        if self.now.kind is TokenKind.WORD and self.now.value.lower() == word:
            self._at += 1
            return True
        return False

    def _sign(self, sign: str) -> bool:
        if self.now.kind is TokenKind.SIGN and self.now.value == sign:
            self._at += 1
            return True
        return False

    def _expect_sign(self, sign: str, where: str) -> None:
        if not self._sign(sign):
            raise self.error(f"Expected {sign} {where}, not {self.now}.", self.now)

    def _made(self, model: type[Expression], at: Token, **given: object) -> Expression:
        """Make a part of the tree; what does not fit it is told with its place."""
        try:
            return model(**given)
        except ValidationError as error:
            said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            raise self.error(f"{said[:1].upper()}{said[1:]}.", at) from error
