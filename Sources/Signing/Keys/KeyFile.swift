internal import Cryptography

/// Reads the PEM files that keys are kept in.
enum KeyFile {
    /// The largest file that is read. A P-256 key has some 300 bytes, an encrypted one 700.
    static let maximumSize = 16 << 10

    /// A block of the file.
    struct Block: Hashable, Sendable {
        let label: String
        let bytes: [UInt8]
    }

    /// The blocks of a file.
    ///
    /// - Throws: `SigningError.Code.invalidKey` for what is too large or not text, and for a file with a damaged block.
    static func blocks(_ content: [UInt8], file: String) throws(SigningError) -> [Block] {
        guard content.count <= maximumSize else {
            throw SigningError(
                .invalidKey,
                "\(file) has more than \(maximumSize) bytes, the limit for a key file; give a file with one key")
        }
        guard String(validating: content, as: UTF8.self) != nil else {
            throw SigningError(.invalidKey, "\(file) is not text; a key file is PEM")
        }
        var blocks: [Block] = []
        for block in PEM.blocks(in: content) {
            guard let bytes = block.bytes else {
                throw SigningError(
                    .invalidKey, "\(file): a PEM block is incomplete or not base64; the file is damaged")
            }
            blocks.append(Block(label: block.label, bytes: bytes))
        }
        return blocks
    }

    /// The error for a key that was not accepted, by what OpenSSL recognizes in it.
    static func rejection(of kind: KeyKind?, file: String, damage: String) -> SigningError {
        switch kind {
        case .other(let name):
            SigningError(
                .unsupportedKey,
                "\(file) is a key of kind \(name); releases are signed with ECDSA P-256. Make one with "
                    + "`capsule keys generate`")
        case .p256: SigningError(.invalidKey, "\(file): \(damage)")
        case nil: SigningError(.invalidKey, "\(file) holds no key that can be read; the file is damaged")
        }
    }
}
