//! One signed call to the VOD API.

use super::{Credentials, VodService, VodSignature, acs3, rpc};
use crate::encode::encode_query;
use crate::error::{Code, Error};
use crate::http::{Headers, Request};
use crate::time::UnixMs;

const FORM: &str = "application/x-www-form-urlencoded";
const IDLE_MS: u32 = 30_000;

/// Signs one call of `action` with `params`. Both signatures ask for a JSON reply and are POSTs, so that no cache keeps
/// what they answer.
///
/// `nonce` must be new for every call and every retry; `now` may be off by 15 minutes at the most.
///
/// # Errors
/// `InvalidArgument` when region, endpoint, credentials, action or nonce cannot be used.
pub fn request(
    service: &VodService,
    credentials: &Credentials,
    action: &str,
    params: &[(String, String)],
    nonce: &str,
    now: UnixMs,
) -> Result<Request, Error> {
    credentials.validate()?;
    check_action(action)?;
    if nonce.is_empty() || !nonce.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid("nonce", "must hold printable ASCII only"));
    }
    let base_url = service.base_url()?;
    match service.signature {
        VodSignature::Acs3 => acs3_request(&base_url, credentials, action, params, nonce, now),
        VodSignature::Rpc => Ok(rpc_request(
            &base_url,
            credentials,
            action,
            params,
            nonce,
            now,
        )),
    }
}

/// It goes into a header.
pub(super) fn check_action(action: &str) -> Result<(), Error> {
    if action.is_empty() || !action.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let rule = format!("must be the name of an action such as GetVideoInfo, got {action:?}");
        return Err(Error::invalid("action", rule));
    }
    Ok(())
}

/// The parameters go into the query and the body is empty, as the vendor's own clients do it.
fn acs3_request(
    base_url: &str,
    credentials: &Credentials,
    action: &str,
    params: &[(String, String)],
    nonce: &str,
    now: UnixMs,
) -> Result<Request, Error> {
    let host = base_url.split_once("://").map(|(_, host)| host);
    let host = host.ok_or_else(|| Error::new(Code::Internal, "an endpoint without a scheme"))?;
    let body_sha256 = acs3::sha256_hex("");
    let mut headers = acs3::headers(credentials, action, nonce, &body_sha256, now);
    // fetch would add a Content-Type of its own choice to a text body, and it has to be the signed one.
    headers.push(("content-type".into(), FORM.into()));
    let authorization = {
        let mut signed = headers.clone();
        // The runtime writes the same Host from the URL; no runtime lets us set it.
        signed.push(("host".into(), host.into()));
        let unsigned = acs3::Unsigned {
            method: "POST",
            path: "/",
            query: params,
            headers: &signed,
            body_sha256: &body_sha256,
        };
        acs3::authorization(credentials, &unsigned)
    };
    headers.push(("authorization".into(), authorization));
    let url = format!("{base_url}/?{}", acs3::canonical_query(params));
    Ok(post(url, headers, String::new()))
}

/// Everything goes into the body: a query would put an STS token into access logs.
fn rpc_request(
    base_url: &str,
    credentials: &Credentials,
    action: &str,
    params: &[(String, String)],
    nonce: &str,
    now: UnixMs,
) -> Request {
    let mut all = rpc::common_params(credentials, action, nonce, now);
    all.extend_from_slice(params);
    let text = rpc::string_to_sign("POST", &rpc::canonical_query(&all));
    all.push((
        "Signature".into(),
        rpc::signature(&credentials.access_key_secret, &text),
    ));
    post(
        format!("{base_url}/"),
        vec![("content-type".into(), FORM.into())],
        encode_query(&all),
    )
}

fn post(url: String, mut headers: Headers, body: String) -> Request {
    headers.push(("accept".into(), "application/json".into()));
    Request {
        method: "POST".into(),
        url,
        headers,
        body,
        idle_ms: IDLE_MS,
        reply_ms: IDLE_MS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::header;
    use crate::secret::Secret;

    #[test]
    fn what_goes_into_a_header_is_refused_where_it_could_end_one() {
        let credentials = Credentials {
            access_key_id: "id".into(),
            access_key_secret: Secret::new("secret"),
            security_token: None,
        };
        let now = UnixMs(1_700_000_000_000);
        let made = |action: &str, nonce: &str| {
            let service = VodService::default();
            request(&service, &credentials, action, &[], nonce, now).map_err(|error| error.message)
        };
        assert!(made("GetVideoInfo", "n-1").is_ok());
        for action in ["", "Get\r\nX: y", "Get\0Info", "Get Info", "é"] {
            assert!(
                made(action, "n").unwrap_err().starts_with("`action`"),
                "{action}"
            );
        }
        for nonce in ["", "a b", "a\nb", "é"] {
            assert!(
                made("GetVideoInfo", nonce)
                    .unwrap_err()
                    .starts_with("`nonce`"),
                "{nonce}"
            );
        }
    }

    fn signed(signature: VodSignature, endpoint: Option<&str>) -> Request {
        let service = VodService {
            endpoint: endpoint.map(Into::into),
            signature,
            ..VodService::default()
        };
        let credentials = Credentials {
            access_key_id: "STS.id".into(),
            access_key_secret: Secret::new("secret"),
            security_token: Some(Secret::new("to/ken")),
        };
        let params = [("Title".to_owned(), "a b".to_owned())];
        request(
            &service,
            &credentials,
            "CreateUploadVideo",
            &params,
            "nonce",
            UnixMs(0),
        )
        .unwrap()
    }

    #[test]
    fn acs3_keeps_keys_and_tokens_out_of_the_url() {
        let request = signed(VodSignature::Acs3, None);
        assert_eq!(
            request.url,
            "https://vod.cn-shanghai.aliyuncs.com/?Title=a%20b"
        );
        assert_eq!(request.body, "");
        assert_eq!(header(&request.headers, "host"), None);
        let expected = "SignedHeaders=content-type;host;x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;\
                        x-acs-security-token;x-acs-signature-nonce;x-acs-version,";
        assert!(
            header(&request.headers, "authorization")
                .unwrap()
                .contains(expected)
        );
        assert_eq!(
            header(&request.headers, "x-acs-date"),
            Some("1970-01-01T00:00:00Z")
        );
    }

    #[test]
    fn rpc_sends_all_of_it_in_the_body() {
        let request = signed(VodSignature::Rpc, Some("http://127.0.0.1:1"));
        assert_eq!(request.url, "http://127.0.0.1:1/");
        assert_eq!(header(&request.headers, "content-type"), Some(FORM));
        for pair in [
            "Format=JSON",
            "Title=a%20b",
            "SecurityToken=to%2Fken",
            "Timestamp=1970-01-01T00%3A00%3A00Z",
            "Signature=",
        ] {
            assert!(request.body.contains(pair), "{pair}");
        }
    }
}
