/// A header block of another tool's tar: what it is, its name and its size, and nothing else.
struct TarballHeader {
    /// What follows the block.
    enum Kind {
        case file
        case directory
        /// Records about the next entry.
        case pax
        /// Records about all that follow.
        case globalPax
    }

    let kind: Kind
    /// The joined path of the block, without the slash that a directory's may end with.
    let name: [UInt8]
    let size: Int64

    /// Parses a block.
    init(_ block: UnsafeRawBufferPointer) throws(ArchiveError) {
        let fields = HeaderFields(block: block)
        let isPOSIX = fields.text(.magic, is: "ustar\0") && fields.text(.version, is: "00")
        // GNU tar's own format, which it writes unless it is told otherwise, has other fields where the prefix stands.
        let isGNU = fields.text(.magic, is: "ustar ") && fields.text(.version, is: " \0")
        let name = try fields.path(hasPrefix: isPOSIX)
        func refuse(_ code: ArchiveError.Code, _ reason: String) -> ArchiveError {
            ArchiveError(code, "entry \(quotedName(name)) \(reason)", entry: String(decoding: name, as: UTF8.self))
        }
        guard let sum = fields.octal(.checksum), sum == fields.sum() else {
            throw refuse(.malformed, "has a header whose checksum does not hold")
        }
        guard isPOSIX || isGNU else {
            throw refuse(.malformed, "has neither a POSIX nor a GNU header")
        }
        guard !isGNU || fields.isZero(.prefix) else {
            throw refuse(.malformed, "has GNU's further fields, which tools read differently")
        }
        guard let size = fields.octal(.size) else { throw refuse(.malformed, "has a size that is not an octal number") }
        switch block[TarHeader.Field.type.offset] {
        case TarHeader.Kind.file.rawValue, 0: kind = .file
        case TarHeader.Kind.directory.rawValue: kind = .directory
        case TarHeader.Kind.pax.rawValue: kind = .pax
        case UInt8(ascii: "g"): kind = .globalPax
        case let type: throw refuse(.unsupportedEntry, StrictHeader.refusal(of: type))
        }
        guard kind != .directory || size == 0 else { throw refuse(.malformed, "is a directory with a size") }
        guard kind != .file || fields.isZero(.linkName) else { throw refuse(.unsupportedEntry, "has a link target") }
        self.name = kind == .directory && name.last == UInt8(ascii: "/") ? name.dropLast() : name
        self.size = size
    }
}
