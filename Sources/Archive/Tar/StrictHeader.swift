/// A header block of a layer, with everything refused that `format.md` §3 does not have.
struct StrictHeader {
    /// What follows the block.
    enum Kind {
        case file
        case directory
        case pax
    }

    let kind: Kind
    /// The joined path of the block, with the slash that a directory's may end with.
    let name: [UInt8]
    let size: Int64
    let modified: Int64

    /// Parses a block.
    init(_ block: UnsafeRawBufferPointer) throws(ArchiveError) {
        let fields = HeaderFields(block: block)
        name = try fields.path()
        let shown = name
        func refuse(_ code: ArchiveError.Code, _ reason: String) -> ArchiveError {
            ArchiveError(code, "entry \(quotedName(shown)) \(reason)", entry: String(decoding: shown, as: UTF8.self))
        }
        guard let sum = fields.octal(.checksum), sum == fields.sum() else {
            throw refuse(.malformed, "has a header whose checksum does not hold")
        }
        guard fields.text(.magic, is: "ustar\0"), fields.text(.version, is: "00") else {
            throw refuse(.malformed, "has no POSIX ustar header; write the tar with --format=ustar or pax")
        }
        guard let size = fields.octal(.size), let modified = fields.octal(.modified) else {
            throw refuse(.malformed, "has a size or time that is not an octal number")
        }
        self.size = size
        self.modified = modified
        switch block[TarHeader.Field.type.offset] {
        case TarHeader.Kind.pax.rawValue:
            // Its other fields describe nothing, and every reader ignores them.
            kind = .pax
            return
        case TarHeader.Kind.file.rawValue: kind = .file
        case TarHeader.Kind.directory.rawValue: kind = .directory
        case let type: throw refuse(.unsupportedEntry, Self.refusal(of: type))
        }
        guard let mode = fields.octal(.mode), mode == (kind == .file ? 0o644 : 0o755) else {
            throw refuse(.unsupportedEntry, "has another mode than 0644 for files and 0755 for directories")
        }
        guard fields.octal(.user) == 0, fields.octal(.group) == 0 else {
            throw refuse(.unsupportedEntry, "has an owner; user and group must be 0")
        }
        guard fields.isZero(.userName), fields.isZero(.groupName) else {
            throw refuse(.unsupportedEntry, "has an owner's or a group's name")
        }
        guard fields.isZero(.linkName) else { throw refuse(.unsupportedEntry, "has a link target") }
        guard fields.isZero(.deviceMajor) || fields.octal(.deviceMajor) == 0,
            fields.isZero(.deviceMinor) || fields.octal(.deviceMinor) == 0
        else { throw refuse(.unsupportedEntry, "has a device number") }
        guard fields.isZero(.rest) else { throw refuse(.malformed, "has bytes behind its header") }
        guard kind == .file || size == 0 else { throw refuse(.malformed, "is a directory with a size") }
    }

    /// Why an entry of this type is refused.
    static func refusal(of type: UInt8) -> String {
        switch type {
        case UInt8(ascii: "1"): "is a hard link; only files and directories may be here"
        case UInt8(ascii: "2"): "is a symbolic link; only files and directories may be here"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "is a device; only files and directories may be here"
        case UInt8(ascii: "6"): "is a fifo; only files and directories may be here"
        case UInt8(ascii: "g"): "is a global pax header, which would speak for entries it is not next to"
        case UInt8(ascii: "L"), UInt8(ascii: "K"): "is a GNU long name; write the tar with --format=ustar or pax"
        case UInt8(ascii: "S"): "is a sparse file; only plain ones may be here"
        default: "has the type \(quotedName([type])), which may not be here"
        }
    }
}
