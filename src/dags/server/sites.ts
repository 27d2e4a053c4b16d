import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { reason } from '../files/files';
import { RULES } from '../rules';
import { CONFIG_FILE, readSiteConfig, type SiteConfig } from '../site/config';

const NOTHING_SAID: SiteConfig = { target: null, rules: RULES };

/** What the configurations of the workspace's folders say, each for the files below it. */
export class Sites {
  private readonly byRoot = new Map<string, SiteConfig>();
  /** What is wrong in each configuration that is there, by its path. */
  readonly problems = new Map<string, readonly string[]>();

  constructor(readonly roots: readonly string[]) {
    for (const root of roots) this.read(root);
  }

  get all(): readonly SiteConfig[] {
    return this.byRoot.size > 0 ? [...this.byRoot.values()] : [NOTHING_SAID];
  }

  /** The folder that a file belongs to: the innermost; what lies in none belongs to the only folder, if there is one. */
  rootOf(path: string | null): string | null {
    const around = this.roots.filter((root) => path !== null && !relative(root, path).startsWith('..'));
    const [innermost = null] = around.sort((a, b) => b.length - a.length);
    return innermost ?? (this.roots.length === 1 ? (this.roots[0] ?? null) : null);
  }

  /** What the configuration of a folder says. */
  of(root: string | null): SiteConfig {
    return (root !== null && this.byRoot.get(root)) || NOTHING_SAID;
  }

  private read(root: string): void {
    const path = join(root, CONFIG_FILE);
    if (!existsSync(path)) return;
    try {
      const { config, problems } = readSiteConfig(readFileSync(path, 'utf8'));
      this.byRoot.set(root, config);
      this.problems.set(path, problems);
    } catch (error) {
      this.problems.set(path, [reason(error)]);
    }
  }
}
