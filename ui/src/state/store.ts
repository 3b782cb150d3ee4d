/** State that elements watch: one immutable value, replaced whole, and those who want to know. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Store<T extends object> {
  private readonly watchers = new Set<() => void>();

  constructor(public value: T) {}

  set(change: Partial<T>): void {
    this.value = { ...this.value, ...change };
    for (const watcher of this.watchers) watcher();
  }

  watch(watcher: () => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }
}

/** Draws its element again whenever one of the stores changes. */
export class Watch implements ReactiveController {
  private stops: Array<() => void> = [];

  constructor(private readonly host: ReactiveControllerHost, private readonly stores: ReadonlyArray<Store<never> | Store<object>>) {
    host.addController(this);
  }

  hostConnected(): void {
    this.stops = this.stores.map((store) => store.watch(() => this.host.requestUpdate()));
  }

  hostDisconnected(): void {
    for (const stop of this.stops) stop();
  }
}
