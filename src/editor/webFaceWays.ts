import type { Cluster, OpenFace, WebFace } from '../platform/types';

/** Ways to web faces that were opened here: one to each, for as long as the window and the cluster stand. */
export class WebFaceWays {
  private readonly open = new Map<string, OpenFace>();
  private from: Cluster | undefined;

  async to(cluster: Cluster, face: WebFace): Promise<OpenFace> {
    if (this.from !== cluster) this.dispose();
    this.from = cluster;
    const key = `${face.service.namespace}/${face.service.name}:${face.port}`;
    const way = this.open.get(key) ?? (await cluster.forward(face));
    this.open.set(key, way);
    return way;
  }

  dispose(): void {
    for (const way of this.open.values()) way.close();
    this.open.clear();
  }
}
