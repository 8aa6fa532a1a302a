import type { components } from "@/lib/api/generated/api";
import { count } from "@/lib/format";

type Estimate = components["schemas"]["CallEstimate"];

const dollars = new Intl.NumberFormat("en", { style: "currency", currency: "USD", maximumSignificantDigits: 2 });

/** What a call takes, in a line: `about 120 tokens in, 5 out, $0.00004 a record`. */
export function estimateText({ prompt_tokens, output_tokens, counted_by, usd, note }: Estimate): string {
  const about = counted_by === "estimate" ? "about " : "";
  const tokens = `${about}${count(Math.round(prompt_tokens.likely))} tokens in, ${count(Math.round(output_tokens.likely))} out`;
  return `${tokens}, ${usd ? `${dollars.format(usd.likely)} a record` : note || "price unknown"}`;
}
