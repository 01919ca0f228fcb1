/// An ECDSA P-256 signature in DER, as two numbers of 32 bytes.
package enum SignatureEncoding {
    /// The bytes of r and s; nil unless `der` is the one DER encoding of two positive numbers of at most 32 bytes. A
    /// signature must not have two forms, and zero would be a forgery in some implementations.
    package static func fixed(_ der: [UInt8]) -> [UInt8]? {
        var outer = DERReader(der)
        guard let content = outer.read(DERReader.Tag.sequence), outer.isAtEnd else { return nil }
        var inner = DERReader(content)
        guard let r = inner.readPositiveInteger(), let s = inner.readPositiveInteger(), inner.isAtEnd, r.count <= 32,
            s.count <= 32
        else { return nil }
        return [r, s].flatMap { [UInt8](repeating: 0, count: 32 - $0.count) + $0 }
    }
}
