/// True when `text` is a DNS label (RFC 1123): 1 to 63 lowercase letters, digits and inner dashes. Names of
/// deployments, stages, applications, environment types and namespaces are DNS labels.
package func isDNSLabel(_ text: some StringProtocol) -> Bool {
    let bytes = text.utf8
    guard let first = bytes.first, bytes.count <= 63, let last = bytes.suffix(1).first else { return false }
    func isInner(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
    return isInner(first) && isInner(last) && bytes.allSatisfy { isInner($0) || $0 == UInt8(ascii: "-") }
}
