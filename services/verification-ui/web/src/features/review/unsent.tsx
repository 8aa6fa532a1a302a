import { Link } from "@tanstack/react-router";
import { CloudOff } from "lucide-react";

import { useKeeping, useOutboxState, type Keeping } from "@/domain/outbox/use-outbox";
import { counted } from "@/lib/format";
import { buttonClass } from "@/ui/button";

/** On other pages: how much of what was decided is not sent, or was refused. Goes on sending it. */
export function Unsent() {
  const keeping = useKeeping();
  return keeping && <Chip keeping={keeping} />;
}

function Chip({ keeping: { outbox } }: { keeping: Keeping }) {
  const { waiting, refused } = useOutboxState(outbox);
  const first = refused[0] ?? waiting[0];
  if (!first) return null;
  return (
    <Link to="/review/$jobId" params={{ jobId: first.jobId }} className={buttonClass({ variant: "quiet", size: "small" })}>
      <CloudOff size={15} aria-hidden="true" />
      {refused.length > 0 ? `${counted(refused.length, "decision")} not saved` : `${counted(waiting.length, "decision")} not sent yet`}
    </Link>
  );
}
