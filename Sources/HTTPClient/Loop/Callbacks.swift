internal import CCurl

// The functions that libcurl or the system calls.
//
// The pointer that libcurl has is that of a `Transfer`, not retained. This is sound: the loop keeps the transfer from
// before its handle is added until after the handle is freed, and libcurl calls only from inside its functions, which
// only the client's thread calls, so two threads never use a transfer. The callbacks hold no lock when they call
// libcurl, and no lock that they take is held when libcurl calls them: `curl_easy_pause` calls them from inside.

extension Transfer {
    /// Registers this transfer's callbacks.
    ///
    /// - Parameter watchesHandshake: true to read the messages of a TLS handshake.
    /// - Throws: `HTTPFailure.Code.io`
    func setCallbacks(watchesHandshake: Bool) throws(HTTPFailure) {
        let easy = unsafe easy.pointer
        let user = unsafe Unmanaged.passUnretained(self).toOpaque()
        for option in [CURLOPT_HEADERDATA, CURLOPT_WRITEDATA, CURLOPT_READDATA, CURLOPT_PREREQDATA] {
            try unsafe EasyHandle.check(capsule_set_pointer(easy, option, user))
        }
        try unsafe EasyHandle.check(
            capsule_set_data_function(easy, CURLOPT_HEADERFUNCTION) { data, size, count, user in
                let count = size * count
                guard let transfer = unsafe Transfer.of(user) else { return Transfer.refusal(of: count) }
                let line = unsafe [UInt8](UnsafeRawBufferPointer(start: data, count: count))
                return transfer.receive(headLine: line) ? count : Transfer.refusal(of: count)
            })
        try unsafe EasyHandle.check(
            capsule_set_data_function(easy, CURLOPT_WRITEFUNCTION) { data, size, count, user in
                let count = size * count
                guard let transfer = unsafe Transfer.of(user) else { return Transfer.refusal(of: count) }
                switch unsafe transfer.receive(UnsafeRawBufferPointer(start: data, count: count)) {
                case .taken: return count
                case .pause: return Int(CURL_WRITEFUNC_PAUSE)
                case .giveUp: return Transfer.refusal(of: count)
                }
            })
        try unsafe EasyHandle.check(
            capsule_set_data_function(easy, CURLOPT_READFUNCTION) { data, size, count, user in
                guard let transfer = unsafe Transfer.of(user) else { return Int(CURL_READFUNC_ABORT) }
                let target = unsafe UnsafeMutableRawBufferPointer(start: data, count: size * count)
                return unsafe transfer.send(into: target) ?? Int(CURL_READFUNC_PAUSE)
            })
        // Only with this option does libcurl pass on the messages of a handshake.
        try self.easy.set(CURLOPT_VERBOSE, watchesHandshake)
        try unsafe EasyHandle.check(capsule_set_pointer(easy, CURLOPT_DEBUGDATA, user))
        try unsafe EasyHandle.check(
            capsule_set_debug_function(easy) { _, kind, data, count, user in
                guard kind == CURLINFO_SSL_DATA_IN, let transfer = unsafe Transfer.of(user) else { return 0 }
                transfer.handshake.receive(unsafe [UInt8](UnsafeRawBufferPointer(start: data, count: count)))
                return 0
            })
        try unsafe EasyHandle.check(
            capsule_set_prereq_function(easy) { user, _, _, _, _ in
                unsafe Transfer.of(user)?.connected() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
            })
    }

    private static func of(_ user: UnsafeMutableRawPointer?) -> Transfer? {
        unsafe user.map { unsafe Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Returning another number of bytes than was given makes libcurl end the exchange.
    private static func refusal(of count: Int) -> Int { count == 0 ? 1 : 0 }
}
