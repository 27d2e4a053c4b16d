import * as l10n from '@vscode/l10n';
import type { Session } from '../../host/session';
import type { Guide } from '../../migration/guide';
import { planOf } from '../../migration/plan';
import type { Holder, StepStatus } from '../../migration/run';
import { tell } from '../problems';
import { timeOfDay, who } from '../words';

/** Somebody else is at it: who, and with what or since when. */
const conducted = ({ actor, time }: Holder, active: StepStatus | undefined): string =>
  active
    ? l10n.t`${who(actor)} has run "${active.step.title}" since ${timeOfDay(time)}.`
    : l10n.t`conducted by ${who(actor)}, whose last step was started ${timeOfDay(time)}.`;

const plans = new WeakMap<Guide, string>();

/** Hash of the guide's plan, reckoned once a guide. */
function planHash(guide: Guide): string {
  const hash = plans.get(guide) ?? planOf(guide).sha256;
  plans.set(guide, hash);
  return hash;
}

/** What the admin has to know about connection, journal and other people before reading steps; empty where nothing stands in the way. */
export function news({ connection, run, guide }: Session): string {
  if (connection.state === 'lost') {
    const since = timeOfDay(connection.since.toISOString());
    return run.active?.step.reboots
      ? l10n.t`The host restarts; its return has been awaited since ${since}. Steps go on when it is back.`
      : l10n.t`The connection was lost at ${since}; this is what was seen then. Steps that run go on. Reconnecting…`;
  }
  if (connection.state === 'failed') return l10n.t`${tell(connection.problem)} This is what was seen before.`;
  const damage = run.problems[0];
  if (damage)
    return l10n.t`The journal on the host is damaged in line ${damage.line}: ${damage.what} What can be read is shown.`;
  if (run.formerHostKey !== undefined)
    return l10n.t(
      'The host answers with another key than the one that this run was known by. Ask who runs it before you go on.',
    );
  if (run.holder?.other) return conducted(run.holder, run.active);
  return run.plan !== undefined && run.plan !== planHash(guide)
    ? l10n.t(
        'The texts of some steps have changed since this run began. Steps that are done stay done; the next one asks whether to go on with the new texts.',
      )
    : '';
}
