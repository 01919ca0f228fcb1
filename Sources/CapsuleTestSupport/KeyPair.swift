internal import Cryptography

/// Writes `NAME.pem`, a new private key without a password, and `NAME.pub`. A password costs a fifth of a second each time the
/// key is used, so only tests about passwords have one.
package func writeKeyPair(_ name: String, in directory: String) throws {
    let key = P256PrivateKey()
    try writeFile("\(directory)/\(name).pem", PEM.encode(key.pkcs8, label: "PRIVATE KEY"))
    try writeFile(
        "\(directory)/\(name).pub", PEM.encode(key.publicKey.subjectPublicKeyInfo, label: "PUBLIC KEY"))
}
