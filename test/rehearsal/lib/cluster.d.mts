export interface Placed {
  readonly kind: string;
  readonly namespace: string;
  readonly object: object;
}

export interface Release {
  readonly namespace: string;
  readonly name: string;
  readonly chart: string;
  readonly values: object;
}

export interface PlatformModel {
  readonly version: string;
  readonly fast: string;
  readonly slow: string;
  readonly global: Readonly<Record<string, unknown>>;
  readonly nfs?: boolean;
  readonly ready?: boolean;
}

export function opensearch(options: {
  readonly version: string;
  readonly namespace: string;
  readonly registry: string;
  readonly ready?: boolean;
  readonly allowed?: boolean;
}): readonly Placed[];
export function emptyCluster(kubelet: string): readonly Placed[];
export function platform(model: PlatformModel): {
  readonly releases: readonly Release[];
  readonly objects: readonly Placed[];
};
