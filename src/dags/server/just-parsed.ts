import type { PyModule } from '../syntax/types';

/** How many characters are kept parsed, which takes some fifty times as much memory; what is beyond is parsed again. */
const MAX_SIZE = 512 * 1024;

/**
 * The files that a scan parsed to learn what they say about the project. Each is asked for once more, at the end of the
 * scan, for its findings.
 */
export class JustParsed {
  private readonly files = new Map<string, PyModule>();
  private size = 0;

  add(path: string, module: PyModule): void {
    this.size += module.text.length;
    if (this.size <= MAX_SIZE) this.files.set(path, module);
  }

  /** What a file was parsed to, if it still holds the same; it is handed out once. */
  take(path: string, text: string): PyModule | null {
    const known = this.files.get(path);
    this.files.delete(path);
    return known?.text === text ? known : null;
  }

  clear(): void {
    this.files.clear();
    this.size = 0;
  }
}
