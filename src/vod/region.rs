//! The VOD endpoint of each region.
//!
//! <https://www.alibabacloud.com/help/en/vod/developer-reference/endpoints>

use crate::error::Error;
use crate::wire::endpoint::check_region;

/// Ids the vendor's endpoint map of 2026 still sends to the old central host.
const CENTRAL: &[&str] = &[
    "ap-northeast-2-pop",
    "ap-southeast-2",
    "ap-southeast-3",
    "cn-beijing-finance-1",
    "cn-beijing-finance-pop",
    "cn-beijing-gov-1",
    "cn-beijing-nu16-b01",
    "cn-chengdu",
    "cn-edge-1",
    "cn-fujian",
    "cn-haidian-cm12-c01",
    "cn-hangzhou-bj-b01",
    "cn-hangzhou-finance",
    "cn-hongkong-finance-pop",
    "cn-huhehaote",
    "cn-huhehaote-nebula-1",
    "cn-qingdao",
    "cn-qingdao-nebula",
    "cn-shanghai-et15-b01",
    "cn-shanghai-et2-b01",
    "cn-shanghai-finance-1",
    "cn-shanghai-inner",
    "cn-shenzhen-finance-1",
    "cn-shenzhen-inner",
    "cn-shenzhen-st4-d01",
    "cn-shenzhen-su18-b01",
    "cn-wuhan",
    "cn-wulanchabu",
    "cn-yushanfang",
    "cn-zhangbei",
    "cn-zhangbei-na61-b01",
    "cn-zhangjiakou-na62-a01",
    "cn-zhengzhou-nebula-1",
    "eu-west-1-oxs",
    "me-east-1",
    "rus-west-1-pop",
    "us-east-1",
];

/// The host of a region's VOD API. Regions with a VOD centre, and ids nobody has heard of yet, follow one pattern.
///
/// # Errors
/// `InvalidArgument` when the id could not be part of a host name.
pub(crate) fn region_host(region: &str) -> Result<String, Error> {
    check_region("region", region)?;
    match region {
        "cn-hangzhou" => Ok("vod.cn-shanghai.aliyuncs.com".into()),
        _ if CENTRAL.contains(&region) => Ok("vod.aliyuncs.com".into()),
        _ => Ok(format!("vod.{region}.aliyuncs.com")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_has_its_host() {
        for (region, host) in [
            ("cn-shanghai", "vod.cn-shanghai.aliyuncs.com"),
            ("cn-beijing", "vod.cn-beijing.aliyuncs.com"),
            ("ap-southeast-5", "vod.ap-southeast-5.aliyuncs.com"),
            ("cn-north-2-gov-1", "vod.cn-north-2-gov-1.aliyuncs.com"),
            ("cn-hangzhou", "vod.cn-shanghai.aliyuncs.com"),
            ("cn-qingdao", "vod.aliyuncs.com"),
            ("us-east-1", "vod.aliyuncs.com"),
            ("xx-new-9", "vod.xx-new-9.aliyuncs.com"),
        ] {
            assert_eq!(region_host(region).unwrap(), host);
        }
    }

    #[test]
    fn a_region_cannot_smuggle_a_host() {
        for region in [
            "",
            "evil.com/",
            "cn-shanghai.evil.com#",
            "CN-SHANGHAI",
            "-a",
            "a-",
            "a@b",
        ] {
            let error = region_host(region).unwrap_err();
            assert!(
                error.message.starts_with("`region` must be a region id"),
                "{region}"
            );
        }
    }
}
