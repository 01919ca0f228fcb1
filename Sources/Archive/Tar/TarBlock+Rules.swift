internal import Support

/// The rules of a dialect for a single header block.
extension TarBlock {
    /// Checks checksum, format and fields, and returns the size that the header declares.
    func check(_ dialect: TarDialect) throws(ArchiveError) -> Int64 {
        let isLenient = dialect.isLenient
        guard hasValidChecksum(isLenient: isLenient) else {
            throw rejection(.malformed, "has a header with a wrong checksum")
        }
        guard dialect.formats.contains(format) else {
            throw rejection(
                .malformed,
                dialect.formats.contains(.gnu)
                    ? "has a header that is neither POSIX ustar nor GNU"
                    : "has a header that is not POSIX ustar; write the tar with --format=ustar or pax")
        }
        guard let size = number(.size, isLenient: isLenient) else {
            throw rejection(.malformed, isLenient ? "has a size that is not a number" : "has a size that is not octal")
        }
        if !isLenient { try checkUnambiguous(size: size) }
        if dialect.hasFixedMetadata { try checkMetadata() }
        return size
    }

    /// The kind of the entry.
    func kind(_ dialect: TarDialect) throws(ArchiveError) -> TarEntry.Kind {
        if let kind = dialect.entryTypes[type] { return kind }
        guard dialect.allowsOtherTypes else { throw rejection(.unsupportedEntry, typeRejection) }
        return .other
    }

    private func checkUnambiguous(size: Int64) throws(ArchiveError) {
        guard isTerminated(.name), format == .gnu || isTerminated(.prefix) else {
            throw rejection(.invalidPath, "has a zero byte in its name")
        }
        guard format != .gnu || isZero(.prefix) else {
            throw rejection(.malformed, "has GNU's additional fields, which programs read differently")
        }
        switch type {
        case UInt8(ascii: "0"), 0:
            guard isZero(.linkName) else { throw rejection(.unsupportedEntry, "is a file with a link target") }
        case UInt8(ascii: "5"):
            guard size == 0 else { throw rejection(.malformed, "is a directory with a size") }
        default: break
        }
    }

    private func checkMetadata() throws(ArchiveError) {
        func octal(_ field: TarHeader.Field) -> Int64? { number(field, isLenient: false) }
        guard octal(.modified) != nil else { throw rejection(.malformed, "has a time that is not octal") }
        let mode: Int64
        switch type {
        case UInt8(ascii: "0"): mode = 0o644
        case UInt8(ascii: "5"): mode = 0o755
        // The other fields of a pax header describe nothing, and every reader ignores them.
        default: return
        }
        guard octal(.mode) == mode else {
            throw rejection(.unsupportedEntry, "has a mode other than 0644 for files and 0755 for directories")
        }
        guard octal(.user) == 0, octal(.group) == 0 else {
            throw rejection(.unsupportedEntry, "has an owner; user and group must be 0")
        }
        guard isZero(.userName), isZero(.groupName) else {
            throw rejection(.unsupportedEntry, "has a user name or a group name")
        }
        guard isZero(.linkName) else { throw rejection(.unsupportedEntry, "has a link target") }
        for field in [TarHeader.Field.deviceMajor, .deviceMinor] where !isZero(field) && octal(field) != 0 {
            throw rejection(.unsupportedEntry, "has a device number")
        }
        guard isZero(.rest) else { throw rejection(.malformed, "has bytes after the fields of its header") }
    }

    private func rejection(_ code: ArchiveError.Code, _ reason: String) -> ArchiveError {
        ArchiveError(code, "entry \(quoted(name)) \(reason)", entryName: name)
    }

    private var typeRejection: String {
        switch type {
        case UInt8(ascii: "1"): "is a hard link; only files and directories are allowed"
        case UInt8(ascii: "2"): "is a symbolic link; only files and directories are allowed"
        case UInt8(ascii: "3"), UInt8(ascii: "4"): "is a device; only files and directories are allowed"
        case UInt8(ascii: "6"): "is a fifo; only files and directories are allowed"
        case UInt8(ascii: "g"): "is a global pax header, which would apply to entries that do not follow it directly"
        case UInt8(ascii: "L"), UInt8(ascii: "K"): "is a GNU long name; write the tar with --format=ustar or pax"
        case UInt8(ascii: "S"): "is a sparse file; only plain files are allowed"
        default: "has the type \(quoted([type])), which is not allowed"
        }
    }
}
