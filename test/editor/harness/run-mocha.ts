/**
 * Runs mocha suites inside the extension host. `load` imports the files of suites, dynamically: mocha's `describe` and
 * `it` exist only from here on.
 */
export async function runMocha(load: () => Promise<unknown>): Promise<void> {
  // Mocha is an ES module, which this CommonJS bundle reaches only so.
  const { default: Mocha } = await import('mocha');
  const mocha = new Mocha({ ui: 'bdd', color: false, timeout: 60_000 });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await load();
  await new Promise<void>((resolve, reject) => {
    mocha.run((failures) =>
      failures === 0 ? resolve() : reject(new Error(`${failures} extension tests failed`)),
    );
  });
}
