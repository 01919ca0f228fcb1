internal import CapsuleCore

/// The form of stage and deployment names, which are parts of paths and branches elsewhere.
enum EvidenceName {
    /// Whether `text` is a DNS label: what Kubernetes and Kargo take for a name.
    static func isValid(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        func isPlain(_ byte: UInt8?) -> Bool {
            guard let byte else { return false }
            return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return bytes.count <= 63 && isPlain(bytes.first) && isPlain(bytes.last)
            && bytes.allSatisfy { isPlain($0) || $0 == UInt8(ascii: "-") }
    }
}
