// An OpenID provider, whose development form signs in whoever is named, by any password.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";

const settings = JSON.parse(readFileSync("settings.json"));
const { default: Provider } = await import(settings.module);

const provider = new Provider(settings.issuer, {
  clients: [
    {
      client_id: "application",
      client_secret: settings.client_secret,
      redirect_uris: [`${settings.application}/openid`],
      post_logout_redirect_uris: [`${settings.application}/`],
    },
  ],
  claims: { email: ["email"], groups: ["groups"], profile: ["name", "preferred_username"] },
  cookies: { keys: [randomUUID()] },
  pkce: { required: () => false },
  findAccount(_, accountId) {
    const { name, email, groups } = { ...settings.odd, ...JSON.parse(readFileSync(settings.people)) }[accountId];
    return { accountId, claims: () => ({ sub: accountId, preferred_username: accountId, name, email, groups }) };
  },
});

provider.listen(settings.port, "127.0.0.1");
