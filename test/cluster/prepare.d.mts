/** Where the programs of a Kubernetes cluster are, or undefined where they were not prepared. */
export function clusterTools():
  | { readonly servers: string; readonly kwok: string; readonly etcd: string; readonly kubectl: string }
  | undefined;

export function ensureCluster(): Promise<void>;
