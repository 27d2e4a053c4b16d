import type { Session } from '../../host/session';
import type { StepStatus } from '../../migration/run';
import { attemptKey } from '../run/runKey';
import { plainText } from '../terminals/terminalText';

const TAIL_BYTES = 8 * 1024;
const TAIL_LINES = 14;

/** The last lines of text that begins anywhere: the first line may be torn, unless it is the log's own first. */
export function lastLines(text: string, whole: boolean): string {
  const lines = plainText(text).trimEnd().split('\n');
  return (whole ? lines : lines.slice(1)).slice(-TAIL_LINES).join('\n');
}

/** Keeps the last lines of one attempt's log, read again only after it has grown. */
export class LogTail {
  private key = '';
  private size = -1;
  private reading = false;
  private lines = '';

  constructor(private readonly grown: () => void) {}

  /** The lines as they were last read; reads again where the log has grown since. */
  of(session: Session, { step, attempts }: StepStatus): string {
    const last = attempts.at(-1);
    if (!last) return '';
    const key = attemptKey(session, step.id, last.number);
    if (key !== this.key) {
      this.key = key;
      this.size = -1;
      this.lines = '';
    }
    if (last.logBytes !== this.size && !this.reading)
      void this.read(session, step.id, last.number, key, last.logBytes);
    return this.lines;
  }

  private async read(
    session: Session,
    step: string,
    attempt: number,
    key: string,
    size: number,
  ): Promise<void> {
    this.reading = true;
    try {
      const offset = Math.max(0, size - TAIL_BYTES);
      const { bytes } = await session.runner.log(session.guide.id, step, attempt, offset, TAIL_BYTES);
      if (key !== this.key) return;
      this.size = size;
      this.lines = lastLines(bytes.toString('utf8'), offset === 0);
    } catch {
      // The page says what stands between it and the host; the log is asked for again when it has grown.
      if (key === this.key) this.size = size;
    } finally {
      this.reading = false;
      this.grown();
    }
  }
}
