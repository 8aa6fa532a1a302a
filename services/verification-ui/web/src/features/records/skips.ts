/** Why a bulk act leaves a record as it is, in words for people. */
const reasons: Readonly<Record<string, string>> = {
  not_run: "not run yet",
  blind: "you are still to read without the model’s label",
  decided: "decided by others",
  reserved: "being read by somebody else now",
  no_label: "without a label for every question",
  does_not_fit: "where the answer does not fit the question",
  changed_since: "on which you answered something else since",
};

export const skipText = (reason: string): string => reasons[reason] ?? reason.replaceAll("_", " ");
