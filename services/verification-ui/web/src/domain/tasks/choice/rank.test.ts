import { expect, test } from "vitest";

import { likeliest, search } from "@/domain/tasks/choice/rank";
import { option, suggestion } from "@/testing/review-items";

const intents = ["card_payment", "repayment", "pay_later", "Zürich_office", "cash"].map((value) => option(value));
const values = (options: { value: string }[]) => options.map(({ value }) => value);

test("the model's own label comes first, then by probability, then in schema order", () => {
  const probabilities = { pay_later: 0.4, cash: 0.3, card_payment: 0.3 };
  expect(values(likeliest(intents, suggestion("intent", "cash", { probabilities }), 3))).toEqual(["cash", "pay_later", "card_payment"]);
});

test("without probabilities the model's labels alone are likely, without a suggestion none", () => {
  expect(values(likeliest(intents, suggestion("intent", ["cash", "repayment"])))).toEqual(["repayment", "cash"]);
  expect(likeliest(intents, undefined)).toEqual([]);
});

test.each([
  ["pay", ["pay_later", "card_payment", "repayment"], "beginning, word, anywhere"],
  ["crdpay", ["card_payment"], "letters in their order, where nothing holds the text"],
  ["ZURICH", ["Zürich_office"], "without regard to accents and case"],
  ["xyz", [], "nothing"],
  ["  ", values(intents), "everything in schema order while nothing is typed"],
])("%s finds %j: %s", (typed, found) => {
  expect(values(search(intents, typed))).toEqual(found);
});

test("names and aliases are searched, too", () => {
  expect(values(search([option("a", { name: "Refund" }), option("b", { aliases: ["money back"] })], "back"))).toEqual(["b"]);
});
