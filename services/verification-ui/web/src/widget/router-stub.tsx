/** Stands for the router in a notebook's cell, which has no other page to go to. */
export function Link(): null {
  return null;
}
