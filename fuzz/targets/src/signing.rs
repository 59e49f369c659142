//! What is signed: names and values that a caller, a service or a checkpoint has given.

use vodlift::encode::base64_encode;
use vodlift::http::Request;
use vodlift::oss::{OssService, OssSignature, request, resolve_target};
use vodlift::secret::Secret;
use vodlift::time::UnixMs;
use vodlift::vod::credential::decode_address;
use vodlift::vod::{self, Credentials, VodService, VodSignature};

use crate::dice::{ACCESS_KEY_SECRET, NOW, lines};

/// A key, an upload id, a region, an endpoint, an action, an access key id and a token, then headers.
pub(crate) fn sign(data: &[u8]) {
    let ([key, upload_id, region, endpoint, action, id, token], rest) = lines::<7>(data);
    let headers = crate::replies::headers(&rest);
    let credentials = Credentials {
        access_key_id: id,
        access_key_secret: Secret::new(ACCESS_KEY_SECRET),
        security_token: (!token.is_empty()).then(|| Secret::new(token)),
    };
    let now = UnixMs(NOW);
    let address = serde_json::json!({
        "Endpoint": "https://oss-cn-shanghai.aliyuncs.com", "Bucket": "bucket", "FileName": key,
    });
    let address = decode_address(&base64_encode(address.to_string().as_bytes()));
    let oss = OssService {
        region: (!region.is_empty()).then(|| region.clone()),
        ..OssService::default()
    };
    let target = address
        .and_then(|address| resolve_target(&address, Some(&region), &VodService::default(), &oss));
    let ways = [OssSignature::V4, OssSignature::V1];
    for (target, how) in target
        .iter()
        .flat_map(|target| ways.map(|how| (target, how)))
    {
        let made = || {
            let put = request::put_object(target, how, &credentials, now, &headers);
            let Some(id) = request::UploadId::new(upload_id.as_str()) else {
                return vec![put];
            };
            let part = request::upload_part(target, how, &credentials, now, &id, 1, &vec![]);
            let list = request::list_parts(target, how, &credentials, now, &id, 7);
            vec![put, part, list]
        };
        for (first, second) in made().into_iter().zip(made()) {
            assert!(first == second, "the same input is signed in two ways");
            first.iter().for_each(sendable);
        }
        let draft = request::Draft {
            method: "GET".to_owned(),
            query: vec![("uploadId".to_owned(), upload_id.clone())],
            ..request::Draft::default()
        };
        if let Ok(url) = request::presign(target, how, &credentials, now, &draft, 60) {
            let url = url::Url::parse(&url).expect("a URL");
            assert_eq!(url.host_str(), Some("bucket.oss-cn-shanghai.aliyuncs.com"));
        }
    }
    for signature in [VodSignature::Acs3, VodSignature::Rpc] {
        let service = VodService {
            region: region.clone(),
            endpoint: (!endpoint.is_empty()).then(|| endpoint.clone()),
            signature,
        };
        let made = vod::request::request(&service, &credentials, &action, &headers, "nonce", now);
        made.iter().for_each(sendable);
    }
}

/// One request, and no more than one: nothing ends a header early, and the secret stays here.
fn sendable(request: &Request) {
    let url = url::Url::parse(&request.url).expect("a URL");
    assert!(
        url.username().is_empty() && url.fragment().is_none(),
        "{url}"
    );
    for (name, value) in &request.headers {
        let breaks = |text: &str| text.contains(['\r', '\n', '\0']);
        assert!(!breaks(name) && !breaks(value), "{name:?}: {value:?}");
        assert!(
            !value.contains(ACCESS_KEY_SECRET),
            "{name} holds the secret"
        );
    }
    assert!(!request.url.contains(ACCESS_KEY_SECRET) && !request.body.contains(ACCESS_KEY_SECRET));
}
