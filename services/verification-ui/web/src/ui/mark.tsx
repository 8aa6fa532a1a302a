/** Two who ride together: where they overlap, both agree. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <circle cx="12" cy="16" r="9" fill="var(--accent)" opacity="0.42" />
      <circle cx="20" cy="16" r="9" fill="var(--accent)" />
      <path d="M16 7.94a9 9 0 0 1 0 16.12 9 9 0 0 1 0-16.12Z" fill="var(--ink)" opacity="0.72" />
    </svg>
  );
}
