//! Signing in at an OpenID provider (`OIDC_ISSUER_URL`): discovery, authorization code with PKCE, role by a claim.

use super::identities::Profile;
use super::principal::Principal;
use super::{Accounts, digest};
use crate::audit::Deed;
use crate::error::{Error, Result};
use crate::settings::OpenId;
use futures::StreamExt;
use moka::future::Cache;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreProviderMetadata, CoreRevocableToken,
    CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AccessTokenHash, AdditionalClaims, AsyncHttpClient, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenClaims,
    IdTokenFields, IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    StandardErrorResponse, StandardTokenResponse, TokenResponse,
};
use reqwest::redirect::Policy;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt::Display;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// Where the provider sends people back to.
pub const CALLBACK: &str = "/login/openid/callback";

const CONNECT: Duration = Duration::from_secs(5);
const WHOLE: Duration = Duration::from_secs(15);
const LONGEST_REPLY: usize = 1024 * 1024;
/// The provider's addresses and keys are looked up again after this long, or when a key is not known.
const KEPT: Duration = Duration::from_mins(10);

type Tokens = StandardTokenResponse<
    IdTokenFields<
        Claims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
type Provider = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Claims beyond the standard's, one of which may say who is an administrator.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Claims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Claims {}

/// How the provider is asked.
struct Http(reqwest::Client);

pub struct Oidc {
    http: Http,
    settings: OpenId,
    redirect: RedirectUrl,
    found: Cache<(), Arc<CoreProviderMetadata>>,
}

/// A sign-in that the provider has not answered yet; it stays in the browser's session.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingSignIn {
    state: String,
    nonce: String,
    verifier: String,
}

impl Oidc {
    pub fn new(settings: OpenId, public_url: &str) -> Result<Self> {
        let http = reqwest::Client::builder().redirect(Policy::none()).connect_timeout(CONNECT).timeout(WHOLE).build();
        Ok(Self {
            http: Http(http.map_err(Error::internal)?),
            settings,
            redirect: RedirectUrl::new(format!("{public_url}{CALLBACK}")).map_err(Error::internal)?,
            found: Cache::builder().time_to_live(KEPT).build(),
        })
    }

    async fn provider(&self) -> Result<Provider> {
        let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(Error::internal)?;
        let discovery = async { CoreProviderMetadata::discover_async(issuer, &self.http).await.map(Arc::new) };
        let metadata = self.found.try_get_with((), discovery).await.map_err(|fault| away(&*fault))?;
        let secret =
            self.settings.client_secret.as_ref().map(|secret| ClientSecret::new(secret.expose_secret().into()));
        let id = ClientId::new(self.settings.client_id.clone());
        Ok(Client::from_provider_metadata((*metadata).clone(), id, secret).set_redirect_uri(self.redirect.clone()))
    }

    async fn exchange(&self, code: String, verifier: String) -> Result<Tokens> {
        let provider = self.provider().await?;
        let request = provider.exchange_code(AuthorizationCode::new(code)).map_err(|fault| away(&fault))?;
        let answered = request.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&self.http).await;
        answered.map_err(|fault| match fault {
            openidconnect::RequestTokenError::ServerResponse(refused) => failed(&refused),
            other => away(&other),
        })
    }

    /// What the tokens say, if the provider signed it for us and for this sign-in.
    async fn verified(&self, tokens: &Tokens, nonce: &Nonce) -> Result<IdTokenClaims<Claims, CoreGenderClaim>> {
        let token = tokens.id_token().ok_or_else(|| failed(&"there is no ID token"))?;
        // a provider changes its keys from time to time
        for last in [false, true] {
            let provider = self.provider().await?;
            let verifier = provider.id_token_verifier();
            match token.claims(&verifier, nonce) {
                Ok(claims) => {
                    if let Some(expected) = claims.access_token_hash() {
                        let key = token.signing_key(&verifier).map_err(|fault| failed(&fault))?;
                        let algorithm = token.signing_alg().map_err(|fault| failed(&fault))?;
                        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
                        if actual.map_err(|fault| failed(&fault))? != *expected {
                            return Err(failed(&"the access token is another one"));
                        }
                    }
                    return Ok(claims.clone());
                }
                Err(fault) if last => return Err(failed(&fault)),
                Err(_) => self.found.invalidate(&()).await,
            }
        }
        Err(failed(&"no key fits"))
    }

    /// Whether the configured claim says that this is an administrator; none where nothing is configured.
    fn is_admin(&self, claims: &Claims) -> Option<bool> {
        let rule = self.settings.admin.as_ref()?;
        let is_it = |value: &Value| match value {
            Value::String(text) => *text == rule.value,
            Value::Bool(flag) => flag.to_string() == rule.value,
            _ => false,
        };
        Some(match claims.all.get(&rule.claim) {
            Some(Value::Array(values)) => values.iter().any(is_it),
            Some(value) => is_it(value),
            None => false,
        })
    }

    fn profile(&self, claims: &IdTokenClaims<Claims, CoreGenderClaim>) -> Profile {
        let name = claims.name().and_then(|name| name.get(None)).map(|name| name.as_str());
        let name = name.or_else(|| claims.preferred_username().map(|name| name.as_str()));
        Profile {
            subject: claims.subject().as_str().to_owned(),
            email: claims.email().map(|email| email.as_str().to_owned()).unwrap_or_default(),
            email_is_theirs: claims.email_verified() == Some(true),
            name: name.unwrap_or_default().to_owned(),
            is_admin: self.is_admin(claims.additional_claims()),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

impl Http {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse> {
        let request: reqwest::Request = request.try_into().map_err(Error::internal)?;
        let answer = self.0.execute(request).await.map_err(|fault| away(&fault.without_url()))?;
        let mut response = HttpResponse::new(Vec::new());
        *response.status_mut() = answer.status();
        response.headers_mut().clone_from(answer.headers());
        let mut pieces = answer.bytes_stream();
        while let Some(piece) = pieces.next().await {
            response.body_mut().extend_from_slice(&piece.map_err(|fault| away(&fault.without_url()))?);
            if response.body().len() > LONGEST_REPLY {
                return Err(away(&"it says too much"));
            }
        }
        Ok(response)
    }
}

impl Accounts<'_> {
    /// What the button of the OpenID provider says, where one is configured.
    pub fn openid_name(&self) -> Option<&str> {
        self.0.settings().open_id.as_ref().map(|settings| settings.name.as_str())
    }

    /// Where to send a person to sign in, and what to remember until they come back.
    pub async fn begin_openid(&self) -> Result<(String, PendingSignIn)> {
        let provider = self.oidc()?.provider().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let request =
            provider.authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random);
        let scopes = ["email", "profile"].map(|scope| Scope::new(scope.into()));
        let (url, state, nonce) = request.add_scopes(scopes).set_pkce_challenge(challenge).url();
        let pending = PendingSignIn {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        };
        Ok((url.to_string(), pending))
    }

    /// The account of a person who came back from the provider.
    pub async fn finish_openid(&self, pending: PendingSignIn, state: &str, code: String) -> Result<Principal> {
        if digest(&pending.state) != digest(state) {
            return Err(failed(&"it was not begun in this browser"));
        }
        let oidc = self.oidc()?;
        let tokens = oidc.exchange(code, pending.verifier).await?;
        let claims = oidc.verified(&tokens, &Nonce::new(pending.nonce)).await?;
        let user = self.known_elsewhere(&oidc.settings.issuer, oidc.profile(&claims)).await?;
        let disabled = || Error::Denied("This account is disabled. Ask an administrator.".into());
        let who = self.principal(user).await?.ok_or_else(disabled)?;
        let deed = Deed::ran("accounts.sign_in", &who.email).saying(&oidc.settings.name);
        self.0.audit().record(&who, deed).await?;
        Ok(who)
    }

    fn oidc(&self) -> Result<&Oidc> {
        self.0.access().oidc.as_ref().ok_or(Error::NotFound("OpenID provider"))
    }
}

fn away(fault: &dyn Display) -> Error {
    tracing::warn!(%fault, "the OpenID provider cannot be asked");
    Error::Unavailable("The OpenID provider cannot be reached right now. Try again in a moment.".into())
}

fn failed(fault: &dyn Display) -> Error {
    tracing::warn!(%fault, "a sign-in at the OpenID provider failed");
    Error::Unauthenticated("Signing in at the OpenID provider did not work. Try again.".into())
}
