import { useMutation, useQueryClient } from "@tanstack/react-query";
import clsx from "clsx";
import { useEffect, useRef, useState } from "react";

import { Button } from "@/ui/button";
import { Mark } from "@/ui/mark";
import { logIn, type Credential } from "@/features/session/log-in";
import styles from "@/features/session/login-page.module.css";
import { Problem } from "@/lib/api/problem";
import { hasLoginToken, spendLoginToken } from "@/lib/login-token";
import { sessionQuery } from "@/lib/session";

interface Props {
  /** The session ran out while the page was open. */
  ended: boolean;
  onLoggedIn: () => void;
}

export function LoginPage({ ended, onLoggedIn }: Props) {
  const queryClient = useQueryClient();
  const [byLink, setByLink] = useState(hasLoginToken);
  const [apiKey, setApiKey] = useState("");
  const { mutate, isPending, error } = useMutation({
    mutationFn: (credential: Credential) => logIn(credential),
    onSuccess: (session) => {
      queryClient.setQueryData(sessionQuery.queryKey, session);
      onLoggedIn();
    },
    onSettled: () => setApiKey(""),
  });

  // A link logs in by itself. The token can be spent once, so a second effect run finds none.
  const started = useRef(false);
  useEffect(() => {
    if (started.current) return;
    started.current = true;
    const token = spendLoginToken();
    if (token) mutate({ login_token: token }, { onError: () => setByLink(true) });
  }, [mutate]);

  const opening = byLink && !error;
  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <Mark size={44} />
          <div>
            <h1 className={styles.title}>Log in to Tandem</h1>
            <p className={styles.lead}>People and language models label together.</p>
          </div>
        </div>
        {opening ? (
          <div className={styles.waiting} role="status">
            <span className={styles.spinner} />
            Opening your session
          </div>
        ) : (
          <form
            className={styles.form}
            onSubmit={(event) => {
              event.preventDefault();
              setByLink(false);
              if (apiKey.trim()) mutate({ api_key: apiKey.trim() });
            }}
          >
            {error ? (
              <LoginProblem problem={Problem.from(error)} byLink={byLink} />
            ) : (
              ended && <p className={clsx(styles.problem, styles.info)}>Your session has ended. Log in again to go on where you were.</p>
            )}
            <label className={styles.label}>
              API key
              <input
                className={styles.input}
                type="password"
                name="api-key"
                autoComplete="off"
                autoFocus
                required
                spellCheck={false}
                aria-invalid={Boolean(error) && !byLink}
                value={apiKey}
                onChange={(event) => setApiKey(event.target.value)}
              />
            </label>
            <Button type="submit" variant="primary" disabled={isPending || !apiKey.trim()}>
              {isPending ? "Logging in…" : "Log in"}
            </Button>
            <p className={styles.hint}>
              No key at hand? An admin makes a login link with <code>tandem login-link</code>; it opens this page logged in.
            </p>
          </form>
        )}
      </div>
    </main>
  );
}

function LoginProblem({ problem, byLink }: { problem: Problem; byLink: boolean }) {
  const refused = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
  if (byLink && refused) {
    return (
      <div className={styles.problem} role="alert">
        <strong>This login link no longer works</strong>
        Each link logs in once and expires soon. Ask for a new one (<code>tandem login-link</code>), or paste an API key below.
      </div>
    );
  }
  return (
    <div className={styles.problem} role="alert">
      <strong>{refused ? "This API key was not accepted" : problem.title}</strong>
      {refused ? (problem.cure ?? "Check that it was copied whole; it may also have expired or been revoked.") : `${problem.detail} ${problem.cure ?? ""}`}
    </div>
  );
}
