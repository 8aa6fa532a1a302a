import { useQuery } from "@tanstack/react-query";
import { ShieldX } from "lucide-react";

import { useKeeping } from "@/domain/outbox/use-outbox";
import { BackLink, Waiting } from "@/features/review/nothing";
import { Workbench } from "@/features/review/workbench";
import { jobQuery } from "@/lib/api/jobs";
import { useSession } from "@/lib/session";
import { Notice, ProblemNotice } from "@/ui/notice";

export function ReviewPage({ jobId }: { jobId: string }) {
  const { mayReview, session: who } = useSession();
  const { data: job, error } = useQuery(jobQuery(jobId));
  const keeping = useKeeping();
  if (error && !job) {
    return (
      <div className="page">
        <ProblemNotice error={error} actions={<BackLink jobId={null} />} />
      </div>
    );
  }
  if (who && !mayReview) {
    return (
      <div className="page">
        <Notice icon={<ShieldX size={20} />} title="Viewers do not review" actions={<BackLink jobId={jobId} />}>
          Your role may read everything here. To decide on labels, ask an admin for the role annotator.
        </Notice>
      </div>
    );
  }
  return keeping ? <Workbench key={keeping.outbox.personId} jobId={jobId} job={job} keeping={keeping} /> : <Waiting />;
}
