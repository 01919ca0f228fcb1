/// An entry of a tar: its header, with what extension headers say about it applied.
package struct TarEntry: Sendable {
    /// The kind of entry.
    package enum Kind: Sendable {
        case file
        case directory
        case symbolicLink
        /// A hard link, a device, a fifo, a sparse file or a kind that is not known.
        case other
    }

    /// The kind.
    package let kind: Kind
    /// The name as the archive has it. A directory's may end with a slash.
    package let name: [UInt8]
    /// The target of a link.
    package let linkName: [UInt8]
    /// The bytes of content that follow the header; 0 for the kinds that have none, whatever the header says.
    package let size: Int64
    /// The permission bits; 0 when the field does not hold a number.
    package let mode: Int64
    /// The modification time in seconds since 1970; 0 when the field does not hold a number.
    package let modified: Int64

    /// The name without the slash that a directory's may end with.
    var trimmedName: ArraySlice<UInt8> {
        kind == .directory && name.last == UInt8(ascii: "/") ? name.dropLast() : name[...]
    }
}
