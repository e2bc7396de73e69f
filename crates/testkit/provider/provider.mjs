// An OpenID Connect provider for tests: the real thing (npm's oidc-provider), at which one person is
// always ready to sign in. The environment says who that is, and where it leads back to; the first
// line on standard output says where it is. Each line on standard input is somebody else who is ready from
// then on, and is answered with a line.
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

const { PROVIDER_MODULES, PERSON, CALLBACK, CLIENT_ID, CLIENT_SECRET } = process.env;
const { default: Provider } = await import(createRequire(`${PROVIDER_MODULES}/`).resolve("oidc-provider"));
let person = JSON.parse(PERSON);

const server = createServer((request, response) => handle(request, response));
let handle;
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [CALLBACK] }],
    cookies: { keys: ["a key for cookies of tests"] },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true, methods: ["S256"] },
    features: { devInteractions: { enabled: false } },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...person, sub: id }) }),
    interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
  });
  const next = provider.callback();
  handle = async (request, response) => {
    if (!request.url.startsWith("/sign-in/")) return next(request, response);
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    if (prompt.name === "login") {
      return provider.interactionFinished(request, response, { login: { accountId: person.sub ?? "4711" } });
    }
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope("openid email");
    return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
  };
  console.log(issuer);
  createInterface({ input: process.stdin }).on("line", (line) => {
    person = JSON.parse(line);
    console.log("ready");
  });
});
