/** Says something to screen readers, through the two live regions that the shell renders. */
export function announce(message: string, urgency: "polite" | "assertive" = "polite"): void {
  const region = document.getElementById(`announce-${urgency}`);
  if (!region) return;
  // A repeated sentence is only read again when the text changes.
  region.textContent = region.textContent === message ? `${message}\u00a0` : message;
}
