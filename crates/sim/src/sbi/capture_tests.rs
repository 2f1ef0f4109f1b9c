use super::*;

/// Computed with the command-line tool of OpenSSL.
#[test]
fn the_hash_chain_is_that_of_the_mock_service() {
    let first = chained(b"", b"abc");
    assert_eq!(hex::encode_upper(first), "BDDBDF7E9DF02F902EE5DD61B2B513D7566A2112FF97DB7DC3B6D184A43EF0E3");
    let second = chained(&first, b"second");
    assert_eq!(hex::encode_upper(second), "6A9CF554E1D8CFD09722F56E60B907C4C6AE21F53392D086E24447DF01069DCF");
}
