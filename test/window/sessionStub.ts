import type { Session } from '../../src/host/session';
import type { Sessions } from '../../src/editor/sessions';
import { EMPTY_SNAPSHOT, foldRun, isActive, type RunStatus, type StepStatus } from '../../src/migration/run';
import { guide, step } from '../migration/fixtures';
import { EventEmitter } from './vscode';

const GUIDE = guide(step('work'));

interface Stub {
  readonly host?: string;
  readonly guide?: string;
  readonly work?: Partial<StepStatus>;
  readonly runner?: object;
}

/** A run whose one step is as a test wants it. */
export function runWith(work: Partial<StepStatus> = {}): RunStatus {
  const run = foldRun(GUIDE, EMPTY_SNAPSHOT);
  const status = { ...run.steps[0]!, ...work };
  return { ...run, steps: [status], active: isActive(status.state) ? status : undefined };
}

/** A connected session, as far as views look at one. */
export const sessionWith = ({ host = 'pacs01', guide: id = GUIDE.id, work, runner = {} }: Stub): Session =>
  ({
    transport: { label: host },
    guide: { ...GUIDE, id },
    connection: { state: 'connected' },
    known: true,
    run: runWith(work),
    snapshot: EMPTY_SNAPSHOT,
    runner,
  }) as unknown as Session;

/** The sessions of a window, whose current one a test replaces. */
export class SessionsStub {
  private readonly changed = new EventEmitter<undefined>();
  readonly onDidChange = this.changed.event;
  readonly viewState = 'connected';
  readonly problem = undefined;
  current: Session | undefined;

  become(session: Session | undefined): void {
    this.current = session;
    this.changed.fire(undefined);
  }

  get asSessions(): Sessions {
    return this as unknown as Sessions;
  }
}
