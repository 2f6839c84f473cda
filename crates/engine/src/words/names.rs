//! Names, written in one form everywhere.

use bithedge_ipc::BucketRef;

/// With a capital letter at the beginning: a heading, or the name that a tier has on the chain.
pub(crate) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A bucket in a sentence, by its tier's name on the chain: `the Balanced bucket in STX`; by its number where that is not known.
pub(crate) fn bucket_name(bucket: BucketRef, tier_name: Option<&str>) -> String {
    match tier_name {
        Some(name) => format!("the {} bucket in {}", capitalised(name), bucket.asset),
        None => format!("the bucket of tier {} in {}", bucket.tier, bucket.asset),
    }
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::Asset;

    use super::*;

    #[test]
    fn a_name_is_written_with_a_capital_letter() {
        for (name, written) in [("balanced", "Balanced"), ("Balanced", "Balanced"), ("", "")] {
            assert_eq!(capitalised(name), written);
        }
        let bucket = BucketRef { tier: 2, asset: Asset::Stx };
        assert_eq!(bucket_name(bucket, Some("balanced")), "the Balanced bucket in STX");
        assert_eq!(bucket_name(bucket, None), "the bucket of tier 2 in STX");
    }
}
