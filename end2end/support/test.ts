import { test as base } from "@playwright/test";
import { admin, Folio } from "./folio.ts";
import { Line } from "./line.ts";
import { Person } from "./person.ts";
import { Upstream } from "./upstream.ts";

export { expect } from "@playwright/test";

interface Story {
  /** Someone with a new account, signed in, without books. */
  ada: Person;
  /** Someone else, likewise. */
  bob: Person;
  /** A way to the shared server that can be cut. */
  line: Line;
  /** The model that answers; it says what the test wants. */
  model: Upstream;
  /** Someone without an account. */
  visitor: Person;
  /** Starts a server of this test's own. */
  ownFolio: (environment?: Record<string, string>) => Promise<Folio>;
  evidence: void;
}

interface Scene {
  /** The server that the tests of one worker share; everyone's conversations and books are their own. */
  folio: Folio;
  upstream: Upstream;
}

/** A test with a running Folio, whose model says what the test wants, and people who use it. */
export const test = base.extend<Story, Scene>({
  upstream: [
    async ({}, use) => {
      const upstream = await Upstream.start();
      await use(upstream);
      upstream.stop();
    },
    { scope: "worker" },
  ],

  folio: [
    async ({ upstream }, use) => {
      const folio = await Folio.start({ ...firstAccount, REGISTRATION: "open", OPENAI_BASE_URL: upstream.url });
      await use(folio);
      await folio.remove();
    },
    { scope: "worker" },
  ],

  evidence: [
    async ({ folio }, use, info) => {
      const before = folio.log.length;
      await use();
      if (info.status !== info.expectedStatus) await info.attach("folio's log", { body: folio.log.slice(before) });
    },
    { auto: true },
  ],

  model: async ({ upstream }, use) => {
    upstream.reset();
    await use(upstream);
    upstream.reset();
  },

  ada: async ({ browser, folio }, use) => {
    const ada = await Person.registered(browser, folio);
    await use(ada);
    await ada.leaves();
  },

  bob: async ({ browser, folio }, use) => {
    const bob = await Person.registered(browser, folio);
    await use(bob);
    await bob.leaves();
  },

  line: async ({ folio }, use) => {
    const line = await Line.to(folio);
    await use(line);
    line.remove();
  },

  visitor: async ({ browser, folio }, use) => {
    const visitor = await Person.visiting(browser, folio);
    await use(visitor);
    await visitor.leaves();
  },

  ownFolio: async ({}, use, info) => {
    const started: Folio[] = [];
    await use(async (environment = {}) => {
      const folio = await Folio.start(environment);
      started.push(folio);
      return folio;
    });
    for (const folio of started) {
      if (info.status !== info.expectedStatus) await info.attach("folio's log", { body: folio.log });
      await folio.remove();
    }
  },
});

/** Makes a first account at start, instead of the set-up page. */
export const firstAccount = { ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password };
