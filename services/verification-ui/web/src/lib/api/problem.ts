/** What went wrong, in the words of `application/problem+json`: never an empty message. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly cure: string | null;
  readonly type: string | null;

  constructor(fields: { status: number; title: string; detail?: string | null; cure?: string | null; type?: string | null }) {
    super(fields.detail ? `${fields.title}: ${fields.detail}` : fields.title);
    this.name = "Problem";
    this.status = fields.status;
    this.title = fields.title;
    this.detail = fields.detail ?? "";
    this.cure = fields.cure ?? null;
    this.type = fields.type ?? null;
  }

  /** Worth another try as it is: nothing was decided by the server. */
  get isTransient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  static unreachable(): Problem {
    return new Problem({
      status: 0,
      title: "Tandem cannot be reached",
      detail: "The page got no answer from the service.",
      cure: "Check that the stack is running and that this computer is online. The page tries again by itself.",
    });
  }

  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    const detail = error instanceof Error ? error.message : String(error);
    return new Problem({
      status: -1,
      title: "Something went wrong on this page",
      detail,
      cure: "Reload the page. Decisions already saved are kept.",
    });
  }
}

const titles: Record<number, string> = {
  401: "You are not logged in",
  403: "Your role does not allow this",
  404: "Not found",
  409: "Somebody was faster",
  413: "Too large",
  422: "That was not understood",
  429: "Too many requests",
  502: "A service behind Tandem did not answer",
  503: "Tandem is not ready",
  504: "A service behind Tandem took too long",
};

const text = (value: unknown): string | null => (typeof value === "string" && value.trim() !== "" ? value : null);

/** Reads the body of an unsuccessful response, whatever it holds. */
export async function readProblem(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = await response.json();
    if (typeof parsed === "object" && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    body = {}; // a proxy's HTML page, or nothing: the status says enough
  }
  return new Problem({
    status: response.status,
    title: text(body.title) ?? titles[response.status] ?? `The service answered with status ${response.status}`,
    detail: text(body.detail),
    cure: text(body.cure) ?? (response.status >= 500 ? "Try again in a moment; if it stays, look at the service's log." : null),
    type: text(body.type),
  });
}
