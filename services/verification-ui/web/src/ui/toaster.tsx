import { Toast } from "@base-ui/react/toast";
import clsx from "clsx";
import { CircleAlert, X } from "lucide-react";

import { buttonClass } from "@/ui/button";
import { usePortalGround } from "@/ui/portal";
import styles from "@/ui/toaster.module.css";
import { toasts } from "@/lib/notify";

/** Where notifications appear; they are read out too. */
export function Toaster() {
  return (
    <Toast.Provider toastManager={toasts} limit={3}>
      <Toast.Portal container={usePortalGround()}>
        <Toast.Viewport className={styles.viewport}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function List() {
  const { toasts: shown } = Toast.useToastManager();
  return shown.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className={styles.toast} swipeDirection={["right", "down"]}>
      <Toast.Content className={styles.content}>
        {toast.type === "problem" && <CircleAlert size={16} aria-hidden="true" />}
        <div className={styles.text}>
          <Toast.Title className={styles.title} />
          <Toast.Description className={styles.description} />
          {toast.actionProps && <Toast.Action className={clsx(buttonClass({ size: "small" }), styles.action)} />}
        </div>
        <Toast.Close className={buttonClass({ variant: "quiet", size: "small", icon: true })} aria-label="Dismiss">
          <X size={14} />
        </Toast.Close>
      </Toast.Content>
    </Toast.Root>
  ));
}
