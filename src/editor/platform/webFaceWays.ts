import { posix } from 'node:path';
import * as vscode from 'vscode';
import { answers, LOOPBACK } from '../../host/loopback';
import type { Cluster, OpenFace, WebFace } from '../../platform/types';

/** A way through a connection that was lost ends with it. */
const stands = ({ url }: OpenFace): Promise<boolean> =>
  answers({ host: LOOPBACK, port: Number(new URL(url).port) });

/** Ways to web faces that were opened here: one to each, for as long as the window and the cluster stand. */
export class WebFaceWays {
  private readonly open = new Map<string, OpenFace>();
  private from: Cluster | undefined;

  async to(cluster: Cluster, face: WebFace): Promise<OpenFace> {
    if (this.from !== cluster) this.dispose();
    this.from = cluster;
    const key = `${face.service.namespace}/${face.service.name}:${face.port}`;
    const known = this.open.get(key);
    if (known && (await stands(known))) return known;
    known?.close();
    const way = await cluster.forward(face);
    this.open.set(key, way);
    return way;
  }

  dispose(): void {
    for (const way of this.open.values()) way.close();
    this.open.clear();
  }
}

/** Where the browser of whoever looks finds a URL of this machine's; an editor in a browser leads on below a path of its own. */
export async function addressFor(url: string): Promise<{ address: vscode.Uri; proxied: boolean }> {
  const { path, ...wanted } = vscode.Uri.parse(url, true);
  // Not every editor keeps the path.
  const top = await vscode.env.asExternalUri(vscode.Uri.from({ ...wanted, path: '/' }));
  return {
    address: top.with({ path: posix.join(top.path, path) }),
    proxied: top.path.replace(/\/$/, '') !== '',
  };
}
