import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";

import { Button } from "@/ui/button";
import styles from "@/ui/copy-line.module.css";

/** A command to run, with a button that copies it. */
export function CopyLine({ command }: { command: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), 1_500);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return (
    <div className={styles.line}>
      <code>{command}</code>
      <Button
        variant="quiet"
        size="small"
        icon
        aria-label={copied ? "Copied" : "Copy the command"}
        onClick={() => void navigator.clipboard.writeText(command).then(() => setCopied(true), () => setCopied(false))}
      >
        {copied ? <Check size={15} /> : <Copy size={15} />}
      </Button>
    </div>
  );
}
