import { useState } from "react";

import { Confusion } from "@/domain/confusion";
import { Figures } from "@/ui/figures";
import { Panel } from "@/ui/panel";
import { Segments } from "@/ui/segments";
import styles from "@/features/compare/compare-page.module.css";
import { letter } from "@/features/compare/job-picker";
import type { ComparedPair, LabelTask } from "@/lib/api/types";
import { count, counted, percent } from "@/lib/format";
import { optionsOf } from "@/domain/label-values";

interface Props {
  pairs: readonly ComparedPair[];
  /** Of jobs, by their id, in the order of their letters. */
  names: ReadonlyMap<string, string>;
  task: LabelTask | undefined;
}

/** Two agents against each other: how far they agree, which is right where they do not, and what they confuse. */
export function PairPanels({ pairs, names, task }: Props) {
  const [wanted, setWanted] = useState("0");
  const pair = pairs[Number(wanted)] ?? pairs[0];
  if (!pair) return null;
  const ids = [...names.keys()];
  const called = (id: string) => letter(ids.indexOf(id));
  const contest = pair.gold ?? pair.verified;
  const number = (name: string, value: number | null | undefined) => (value == null ? null : { name, value: value.toFixed(2) });
  return (
    <>
      <Panel
        title="Two by two"
        className={pair.confusion ? undefined : styles.wide}
        note={
          pairs.length > 1 ? (
            <Segments label="Pair" choices={pairs.map((each, index) => ({ value: String(index), name: `${called(each.first)} – ${called(each.second)}` }))} value={wanted} onChange={setWanted} />
          ) : (
            counted(pair.compared, "record")
          )
        }
      >
        <Figures
          figures={[
            pair.agreement != null && { name: "Say the same", value: percent(pair.agreement, 1), note: counted(pair.same, "record") },
            number("Cohen’s kappa", pair.kappa),
            number("F1", pair.f1),
            number("Mean Jaccard", pair.mean_jaccard),
            number("F1 by overlap", pair.overlap_f1),
            number("Mean difference", pair.mean_difference),
            number("Mean absolute difference", pair.mean_absolute_difference),
          ]}
        />
        {contest && (
          <div className={styles.contest}>
            <h3>Which is right, by {pair.gold ? "gold" : "people’s decisions"}</h3>
            <Figures
              figures={[
                { name: `Only ${called(pair.first)}`, value: count(contest.first_alone) },
                { name: `Only ${called(pair.second)}`, value: count(contest.second_alone) },
                { name: "Both", value: count(contest.both_right) },
                { name: "Neither", value: count(contest.neither) },
              ]}
            />
            <p className={styles.under}>{verdict(contest, called(pair.first), called(pair.second))}</p>
            {contest.warning && <p className={styles.under}>{contest.warning}</p>}
          </div>
        )}
      </Panel>
      {pair.confusion && (
        <Panel title="Confusion" note={counted(pair.compared, "record")}>
          <Confusion matrix={pair.confusion} options={optionsOf(task)} rows={called(pair.first)} columns={called(pair.second)} />
        </Panel>
      )}
    </>
  );
}

function verdict({ difference, difference_low, difference_high, p_value, warning }: NonNullable<ComparedPair["gold"]>, first: string, second: string): string {
  const interval = `${percent(Math.abs(difference), 1)} (95% interval of ${first} less ${second}: ${signed(difference_low)} to ${signed(difference_high)}${p_value == null ? "" : `, McNemar p ${p_value < 0.001 ? "< 0.001" : `= ${p_value.toFixed(3)}`}`})`;
  if (difference_low <= 0 && difference_high >= 0) return `No difference is shown: ${interval}.`;
  const claim = warning ? "agrees with people more often" : "is right more often";
  return `${difference > 0 ? first : second} ${claim}, by ${interval}.`;
}

const signed = (share: number): string => `${share < 0 ? "−" : "+"}${(Math.abs(share) * 100).toFixed(1)}%`;
