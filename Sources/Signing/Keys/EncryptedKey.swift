internal import CSodium
internal import Cryptography
internal import Documents
internal import FoundationEssentials
internal import Support

/// An encrypted private key in cosign's format: the PKCS#8 is encrypted with NaCl's secretbox (XSalsa20 and Poly1305) under a
/// key that scrypt derives from the password.
/// [cosign's encrypted keys](https://docs.sigstore.dev/cosign/key_management/overview/)
struct EncryptedKey: Sendable {
    static let label = "ENCRYPTED SIGSTORE PRIVATE KEY"
    static let olderLabel = "ENCRYPTED COSIGN PRIVATE KEY"
    /// cosign writes 32 bytes of salt.
    private static let saltSizes = 8...64

    private let scrypt: Scrypt
    private let salt: [UInt8]
    private let nonce: [UInt8]
    private let ciphertext: [UInt8]

    private struct Document: Codable {
        struct Derivation: Codable {
            struct Parameters: Codable {
                var N: Int
                var r: Int
                var p: Int
            }
            var name: String
            var params: Parameters
            var salt: String
        }
        struct Cipher: Codable {
            var name: String
            var nonce: String
        }
        var kdf: Derivation
        var cipher: Cipher
        var ciphertext: String
    }

    /// Reads the JSON in the PEM block.
    ///
    /// - Throws: `SigningError.Code.invalidKey`, also when the scrypt parameters exceed the limits; nothing was computed
    /// then.
    init(_ json: [UInt8], file: String) throws(SigningError) {
        guard (try? JSONParser.parse(json, file: file, limits: .document)) != nil,
            let document = try? JSONDecoder().decode(Document.self, from: Data(json)),
            let salt = Base64.decode(document.kdf.salt), let nonce = Base64.decode(document.cipher.nonce),
            let ciphertext = Base64.decode(document.ciphertext)
        else { throw SigningError(.invalidKey, "\(file) is not an encrypted key as cosign writes it") }
        guard document.kdf.name == "scrypt", document.cipher.name == "nacl/secretbox" else {
            throw SigningError(
                .unsupportedKey,
                "\(file) is encrypted with \(quoted(document.kdf.name)) and \(quoted(document.cipher.name)); only scrypt "
                    + "and nacl/secretbox are known")
        }
        let scrypt = Scrypt(n: document.kdf.params.N, r: document.kdf.params.r, p: document.kdf.params.p)
        guard scrypt.isAcceptable else {
            throw SigningError(
                .invalidKey,
                "\(file) requires scrypt with N=\(scrypt.n), r=\(scrypt.r), p=\(scrypt.p), which is invalid or exceeds the "
                    + "limit of \(Scrypt.maximumMemory >> 20) MiB and four times the work of cosign's own keys")
        }
        guard Self.saltSizes.contains(salt.count), nonce.count == Int(crypto_secretbox_NONCEBYTES),
            ciphertext.count > Int(crypto_secretbox_MACBYTES), ciphertext.count <= KeyFile.maximumSize
        else { throw SigningError(.invalidKey, "\(file) is not an encrypted key as cosign writes it") }
        self.scrypt = scrypt
        self.salt = salt
        self.nonce = nonce
        self.ciphertext = ciphertext
    }

    /// Encrypts a key with a new salt and nonce.
    init(sealing plaintext: [UInt8], password: [UInt8]) throws(SigningError) {
        guard sodium_init() >= 0 else { throw SigningError(.failed, "libsodium cannot be initialized") }
        scrypt = .cosign
        salt = Self.random(32)
        nonce = Self.random(Int(crypto_secretbox_NONCEBYTES))
        var key = try scrypt.key(password: password, salt: salt)
        var sealed = [UInt8](repeating: 0, count: plaintext.count + Int(crypto_secretbox_MACBYTES))
        let status = crypto_secretbox_easy(&sealed, plaintext, UInt64(plaintext.count), nonce, key)
        sodium_memzero(&key, key.count)
        guard status == 0 else { throw SigningError(.failed, "the key could not be encrypted") }
        ciphertext = sealed
    }

    /// Decrypts the key.
    ///
    /// - Throws: `SigningError.Code.wrongPassword`: a wrong password cannot be distinguished from a damaged file.
    func open(password: [UInt8], file: String) throws(SigningError) -> [UInt8] {
        var key = try scrypt.key(password: password, salt: salt)
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count - Int(crypto_secretbox_MACBYTES))
        let status = crypto_secretbox_open_easy(&plaintext, ciphertext, UInt64(ciphertext.count), nonce, key)
        sodium_memzero(&key, key.count)
        guard status == 0 else {
            throw SigningError(.wrongPassword, "\(file) cannot be decrypted with this password, or is damaged")
        }
        return plaintext
    }

    /// The JSON for the PEM block.
    var json: [UInt8] {
        // Written without an encoder, which could throw.
        Array(
            (#"{"kdf":{"name":"scrypt","params":{"N":\#(scrypt.n),"r":\#(scrypt.r),"p":\#(scrypt.p)},"salt":""#
                + #"\#(Base64.encode(salt))"},"cipher":{"name":"nacl/secretbox","nonce":"\#(Base64.encode(nonce))"},"#
                + #""ciphertext":"\#(Base64.encode(ciphertext))"}"#).utf8)
    }

    private static func random(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        randombytes_buf(&bytes, count)
        return bytes
    }
}

/// The libsodium that is loaded.
package enum Sodium {
    /// The name and version of the library that is loaded, such as `libsodium 1.0.18`. It may be newer than the one that
    /// the program was compiled with.
    package static var version: String {
        sodium_version_string().map { "libsodium \(String(cString: $0))" } ?? "libsodium"
    }
}
