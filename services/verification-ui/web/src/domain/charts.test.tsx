import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { Confusion } from "@/domain/confusion";
import { MarkedText, unitAt } from "@/domain/marked-text";
import { ReliabilityDiagram } from "@/ui/reliability-diagram";
import type { ConfusionMatrix } from "@/lib/api/types";
import { option } from "@/testing/review-items";

test("a confusion matrix tells each cell with its labels and its share of the row", () => {
  const matrix: ConfusionMatrix = { labels: ["yes", "no"], cells: [[0, 0, 30], [0, 1, 10], [1, 1, 5]] };
  render(<Confusion matrix={matrix} options={[option("yes", { name: "Yes!" }), option("no")]} rows="Gold" columns="Model" />);
  expect(screen.getByTitle("Gold Yes!, Model no: 10 records, 25% of the row")).toHaveTextContent("10");
  expect(screen.getByTitle("Gold no, Model Yes!: 0 records, 0% of the row")).toHaveTextContent("0");
});

test("of very many labels a confusion matrix shows the most frequent, and says so", () => {
  const labels = Array.from({ length: 20 }, (_, index) => `label ${index}`);
  render(<Confusion matrix={{ labels, cells: labels.map((_, index) => [index, index, index + 1]) }} options={[]} rows="A" columns="B" />);
  expect(screen.getAllByRole("row")).toHaveLength(13);
  expect(screen.queryByText("label 0")).toBeNull();
  expect(screen.getByText(/8 more are left out/)).toBeVisible();
});

test("a reliability diagram has words, and leaves out what nothing is known of", () => {
  const bin = { lower: 0.8, upper: 0.9, count: 12, confidence: 0.85, accuracy: 0.5 };
  render(<ReliabilityDiagram reliability={{ bins: [{ lower: 0, upper: 0.1, count: 0, confidence: null, accuracy: null }, bin], count: 12, error: 0.35 }} />);
  expect(screen.getByRole("img")).toHaveAccessibleName("Reliability diagram: at 85% confidence 50% are right");
});

test("a text with marks that overlap is the text, and places in it are found whatever stands between", () => {
  const text = "the Zürich office 😀 here";
  const mark = (part: string, name: string) => ({ id: name, start: text.indexOf(part), end: text.indexOf(part) + part.length, color: "#336699", name });
  const { container } = render(<MarkedText text={text} marks={[mark("the Zürich office", "org"), mark("Zürich", "place")]} />);
  const root = container.querySelector("p");
  const pieces = [...(root?.querySelectorAll("[data-at]") ?? [])];
  expect(pieces.map((piece) => piece.textContent).join("")).toBe(text);
  expect(pieces.map((piece) => piece.getAttribute("title"))).toEqual(["org", "place, org", "org", null]);
  for (const piece of pieces) {
    const node = piece.firstChild;
    if (!root || !node) throw new Error("a piece is empty");
    expect(text.slice(unitAt(root, node, 1) ?? -1)).toBe(text.slice(Number((piece as HTMLElement).dataset.at) + 1));
    expect(unitAt(root, piece, 1)).toBe(Number((piece as HTMLElement).dataset.at) + (node.textContent ?? "").length);
  }
  if (root) expect(unitAt(root, root, root.childNodes.length)).toBe(text.length);
  expect(root && unitAt(root, document.body, 0)).toBeNull();
});

test("a control character is shown by its sign, and places in the text stay where they are", () => {
  const text = "a\u001b[31mred\u0000 end";
  const { container } = render(<MarkedText text={text} marks={[{ id: "1", start: 1, end: 9, color: "#f00", name: "x" }]} />);
  expect(container.querySelector("p")).toHaveTextContent("a␛[31mred");
  expect(container.querySelector("mark")).toHaveTextContent("␛[31mred");
  const root = container.querySelector("p");
  const last = [...container.querySelectorAll("span[data-at]")].at(-1)?.firstChild;
  expect(root && last && unitAt(root, last, 2)).toBe(11);
});
