import { Link, useRouter } from "@tanstack/react-router";
import { Compass } from "lucide-react";

import { buttonClass } from "@/ui/button";
import { Notice, ProblemNotice } from "@/ui/notice";

export function NotFoundPage() {
  return (
    <main className="page">
      <Notice
        icon={<Compass size={20} />}
        title="This page does not exist"
        actions={
          <Link to="/" className={buttonClass()}>
            Go to the jobs
          </Link>
        }
      >
        The address may be mistyped, or belong to another version of Tandem.
      </Notice>
    </main>
  );
}

export function PageError({ error }: { error: unknown }) {
  const router = useRouter();
  return (
    <main className="page">
      <ProblemNotice error={error} onRetry={() => void router.invalidate()} />
    </main>
  );
}
