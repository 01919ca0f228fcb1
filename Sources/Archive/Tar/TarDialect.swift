/// The rules by which one kind of tar archive is read, as data: the formats, entries and fields that it may have.
package struct TarDialect: Sendable {
    /// The keys of pax headers.
    struct PaxRules {
        /// The keys whose value is applied to the next entry. Of `path`, `linkpath` and `size`.
        let applied: Set<String>
        /// The keys that say nothing about name or content and are skipped; one with a dot at its end is a prefix.
        let ignored: [String]
        /// True when every key that is not applied is skipped; otherwise it is refused.
        let ignoresOthers: Bool
        /// True when a pax header must have exactly one record, and may occur only for a name that does not fit the ustar header.
        let isMinimal: Bool

        func ignores(_ key: String) -> Bool {
            ignoresOthers || ignored.contains { $0.last == "." ? key.hasPrefix($0) : key == $0 }
        }
    }

    /// The header formats that are accepted.
    let formats: Set<TarBlock.Format>
    /// True when fields are read as tar programs read them; false when a form that two programs read differently is refused.
    let isLenient: Bool
    /// True when modes are 0644 and 0755, owners are 0, and all else is empty.
    let hasFixedMetadata: Bool
    /// The type flags of entries.
    let entryTypes: [UInt8: TarEntry.Kind]
    /// True when an entry of any other type is of the kind `.other`; otherwise it is refused.
    let allowsOtherTypes: Bool
    /// The type flags of headers about the next entry (`x`, `L`, `K`) and about all that follow (`g`).
    let extensionTypes: Set<UInt8>
    let pax: PaxRules
    /// The maximum number of bytes in an extension header's content.
    let extensionLimit: Int64
    /// The code of the error for an extension header above `extensionLimit`.
    let extensionLimitCode: ArchiveError.Code
    /// True when two zero blocks must end the archive; otherwise one or the end of the input does as well.
    let requiresEnd: Bool
    /// True when zeros may follow the two blocks, as programs write that fill a record.
    let allowsZerosAfterEnd: Bool
    /// True when the bytes that fill the last block of a content must be zeros.
    let requiresZeroPadding: Bool

    /// The layer of a capsule, `format.md` §3: one way to write a given set of files.
    static let capsule = TarDialect(
        formats: [.posix], isLenient: false, hasFixedMetadata: true,
        entryTypes: [UInt8(ascii: "0"): .file, UInt8(ascii: "5"): .directory], allowsOtherTypes: false,
        extensionTypes: [UInt8(ascii: "x")],
        // `size` would only be needed for files of 8 GiB and more, far above the limits. Every other key changes what the entry
        // is (`linkpath`, `GNU.sparse.*`, `SCHILY.xattr.*`) or holds what the format leaves out.
        pax: PaxRules(applied: ["path"], ignored: [], ignoresOthers: false, isMinimal: true),
        // Room for the longest path and its frame.
        extensionLimit: Int64(ArchiveLimits.pathLength) + 64, extensionLimitCode: .malformed,
        requiresEnd: true, allowsZerosAfterEnd: false, requiresZeroPadding: true)

    /// A Helm chart or another tarball that a tool made. Any metadata is accepted; a form that two readers could read
    /// differently is refused.
    static let chart = TarDialect(
        formats: [.posix, .gnu], isLenient: false, hasFixedMetadata: false,
        entryTypes: [UInt8(ascii: "0"): .file, 0: .file, UInt8(ascii: "5"): .directory], allowsOtherTypes: false,
        extensionTypes: [UInt8(ascii: "x"), UInt8(ascii: "g")],
        // `size`, `linkpath`, `GNU.sparse.*` and unknown keys may change name or content, and readers differ in how.
        pax: PaxRules(
            applied: ["path"],
            ignored: [
                "mtime", "atime", "ctime", "uid", "gid", "uname", "gname", "comment", "SCHILY.xattr.", "LIBARCHIVE.",
            ], ignoresOthers: false, isMinimal: false),
        // Room for the longest path and for times, owners and the extended attributes of a desktop.
        extensionLimit: 64 << 10, extensionLimitCode: .tooLarge,
        requiresEnd: true, allowsZerosAfterEnd: true, requiresZeroPadding: false)

    /// An OCI layout in a tar of any program: every format, GNU long names, sizes of 8 GiB and more. Links and special files
    /// are for the caller to refuse or to skip.
    package static let layout = TarDialect(
        formats: [.posix, .gnu, .other], isLenient: true, hasFixedMetadata: false,
        entryTypes: [
            UInt8(ascii: "0"): .file, 0: .file, UInt8(ascii: "2"): .symbolicLink, UInt8(ascii: "5"): .directory,
            // "Contiguous", which every program reads as a plain file.
            UInt8(ascii: "7"): .file,
        ], allowsOtherTypes: true,
        extensionTypes: [UInt8(ascii: "x"), UInt8(ascii: "g"), UInt8(ascii: "L"), UInt8(ascii: "K")],
        pax: PaxRules(applied: ["path", "linkpath", "size"], ignored: [], ignoresOthers: true, isMinimal: false),
        // In this dialect, extension headers have a path and a few times.
        extensionLimit: 64 << 10, extensionLimitCode: .malformed,
        requiresEnd: false, allowsZerosAfterEnd: true, requiresZeroPadding: false)
}
