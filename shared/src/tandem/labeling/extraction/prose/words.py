"""Words that decide what prose says of a label: that it is meant, denied, asked for, or only weighed.

The lists err to one side: a word too many here makes an answer unreadable, a word too few could make a label wrong.
"""

from __future__ import annotations


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEGATIONS = words_of(
    """
    not never no none neither nor without cannot hardly barely scarcely rarely lacks lacking fails except
    excluding non nothing nobody isnt dont doesnt cant wont wasnt arent incorrect wrong false untrue denies deny
    rejects reject unlikely nicht kein keine keinen keiner keinem keines nie niemals weder ohne falsch ne pas
    jamais aucun aucune ni sans nunca jamás tampoco sin ningún ninguna mai né senza não nem sem niet geen nooit
    zonder inte ikke ej aldrig nie nigdy değil не нет никогда ни без ليس لا غير नहीं disagree disagrees
    contrary excluded exclude excludes
    """
)
NEGATION_PAIRS = frozenset(
    {
        ("rather", "than"), ("instead", "of"), ("far", "from"), ("anything", "but"), ("opposite", "of"), ("lack", "of"),
        ("absence", "of"), ("no", "longer"), ("short", "of"), ("statt", "dessen"), ("plutôt", "que"), ("au", "lieu"),
        ("en", "lugar"), ("ruled", "out"), ("rule", "out"),
    }
)  # fmt: skip
NEGATING_SIGNS = ("不", "没", "沒", "非", "无", "無", "未", "ない", "ません", "なく", "아니", "않", "못", "없")
"""Negations in scripts without spaces; looked for anywhere in the sentence."""

NOT_ONLY = words_of(
    """
    only just merely simply solely nur seulement solo sólo solamente
    """
)

DOUBTS = words_of(
    """
    could might may maybe perhaps possibly potentially possible can either unsure uncertain unclear whether if
    unless hard difficult depends depending ambiguous borderline leaning leans lean between somewhere
    hypothetically suppose supposing assuming imagine pretend guess arguably debatable both mixed versus vs or
    used hope hoped hoping expected example instance eg ie e.g i.e incorrectly wrongly mistakenly sarcastically
    ironically sarcasm ironic vielleicht könnte möglicherweise eventuell wenn falls ob entweder oder peut-être
    peut pourrait soit ou quizás quizá podría puede quizas acaso forse potrebbe può talvez poderia pode
    misschien kanske возможно может если или 可能 也许 或许 如果
    doubt doubts doubted doubtful outdated obsolete superseded
    """
)
DOUBTING_SIGNS = ("可能", "也许", "或许", "如果", "还是", "或者", "かもしれ", "もし", "または", "아마", "만약", "또는")

PARTIAL = words_of(
    """
    first second half part parts partly partially beginning ending some aspects aspect elements element initially
    surface superficially seemingly ostensibly
    previous earlier other others another people many few critics someone anyone options option choices labels
    previously says claims claimed sometimes occasionally formerly originally annotators annotator humans human you they
    """
)
"""Words for a part, for something else or for someone else; what is said of these is not said of the record."""

EXPLAINING = words_of(
    """
    they you people someone anyone others other another many some human humans aspect aspects element elements hope
    hoping hopes
    """
)
"""Words of doubt and of a part that are none where they stand in an explanation behind the label."""

FILLERS = words_of(
    """
    a an the this it overall clearly definitely certainly strongly very extremely quite highly generally
    predominantly so therefore thus hence indeed best most simply just then finally ultimately now ok okay sure
    well i'd i think believe would say here yes conclusion summary short my final correct right appropriate likely
    probably being ganz klar eindeutig eher sehr insgesamt très plutôt clairement globalement muy claramente molto
    mostly mainly largely primarily positively
    chiaramente muito ein eine einen une um uma der die das le la el il o : = → => - — • honestly frankly
    personally
    """
)
"""Words skipped on the way back from a label to the word that asserts it."""

STRENGTHS = words_of(
    """
    overall clearly strongly very extremely quite highly generally predominantly mostly mainly largely primarily sehr
    très muy molto
    """
)
"""Fillers that are no fillers where labels differ in strength: "positive" and "very positive"."""

FRAMES = words_of(
    """
    is was are be it's that's its seems appears looks feels as conveys convey expresses express expressing
    indicates indicate indicating reflects reflect carries has describes choose chose select selected pick picked
    label labeled labelled classify classified categorize categorized categorised tagged marked rate rated answer
    suggests suggest suggesting shows show showing displays exhibits demonstrates
    class category classification sentiment tone verdict output prediction result is: under into stance relation
    relationship ist wäre lautet est c'est es è é jest это heißt bedeutet als comme como come som är er call
    called deem find found
    """
)
"""Words that assert the label behind them."""

REASONS = words_of("since because as although though even while due given considering which who weil da parce porque")
"""Words that, behind a comma, begin an explanation of the label; a negation in it does not reach the label."""

POLAR = words_of("yes no true false ja nein oui non sí si sim não sì да нет はい 是")
"""Labels that answer a question with one word: said first, they stand, whatever is denied behind them."""

CLUELESS = words_of("know tell say determine decide answer judge idea classify")
"""Words that, with a negation, say that the answer to the question is not known; "no" is then no label."""

FRAMING_SIGNS = ("是", "为", "為", "属于", "は", "が", "은", "는")
"""Words that assert the label behind them, in scripts without spaces; at the end of what stands before the label."""

NOUNS = words_of(
    """
    sentiment label category class tone emotion feeling opinion attitude stance review text tweet comment
    message statement relationship relation answer classification one mood polarity intent topic type rating
    response case sentence document post article email stimmung bewertung kategorie sentimiento tono avis ton
    """
)
"""Words that may follow a label that stands before them as their adjective."""

FOLLOWERS = words_of(
    """
    because since as given due based for with in toward towards overall here and on considering rather instead
    weil da parce car puisque porque perché poiché denn です である だ 입니다 이다 的
    """
)
"""Words that may follow a label that is asserted."""
