;; treasury (16): takes the fees that fee-schedule sets, distributes them by a table, keeps the protocol's own holdings.
;; It never touches collateral. Money leaves by the table or a governed decision; shares are credits, so that no recipient
;; holds up another. Amounts in base units, ratios in ppm, volumes in USD e8 of premium.
;; Reentrancy: books fall before a token is called and rise after it has delivered; nothing read before a call is written
;; after it; a token's code can move only the amount in hand, of its own token.

;; --- TRAITS ---
(use-trait ft .sip-010-trait.sip-010-trait)

;; --- CONSTANTS ---
(define-constant PPM u1000000)
(define-constant CURRENT u2)
(define-constant RETIRING u1)
;; Above any supply; a product of two stays below 2^128.
(define-constant MAX_AMOUNT u1000000000000000000)
;; A fixed-rate offer must not outlive its price.
(define-constant MAX_SWAP_TERM u604800)

;; --- ERRORS ---
(define-constant ERR_INVALID_AMOUNT (err u1640001))
(define-constant ERR_INVALID_SETTING (err u1640002))
(define-constant ERR_INVALID_SWAP (err u1640003))
(define-constant ERR_INSUFFICIENT_AVAILABLE (err u1640201))
(define-constant ERR_NOT_SUITE (err u1640301))
(define-constant ERR_NOT_PAYER (err u1640302))
(define-constant ERR_TRANSFER_FAILED (err u1640303))
(define-constant ERR_TOKEN_NOT_ACCEPTED (err u1640402))
(define-constant ERR_UNKNOWN_SWAP (err u1640403))
(define-constant ERR_NOTHING_DUE (err u1640901))
(define-constant ERR_ALREADY_COMPENSATED (err u1640902))
(define-constant ERR_SWAP_EXPIRED (err u1640903))
(define-constant ERR_TOO_MANY_ALLOCATIONS (err u1642301))

;; --- DATA VARS ---
(define-data-var allocation-ids (list 10 (string-ascii 24)) (list))
(define-data-var allocated-share uint u0) ;; of the active rows
(define-data-var distribution-count uint u0)
(define-data-var swap-count uint u0)

;; --- MAPS ---
;; Undistributed fees, unclaimed credits and own holdings are all it accounts for. Holdings up to `reserve` may not be
;; spent. `fees-usd`: fees since the last distribution.
(define-map tokens principal
  {accepted: bool, undistributed: uint, allocated: uint, holdings: uint, reserve: uint, fees-usd: uint})
(define-map fee-totals {operation: (string-ascii 16), token: principal}
  {collected: uint, forgone: uint, count: uint, discounted: uint})
(define-map allocation-versions (string-ascii 24) uint)
(define-map allocations {id: (string-ascii 24), version: uint}
  {share: uint, recipient: principal, active: bool, description: (string-ascii 100), at: uint})
(define-map credits {recipient: principal, token: principal} uint)
(define-map distributions uint {token: principal, amount: uint, allocations: (list 10 (string-ascii 24)),
  amounts: (list 10 uint), kept: uint, at: uint})
(define-map compensations uint {token: principal, amount: uint, recipient: principal})
(define-map swaps uint {sell: principal, amount: uint, buy: principal, price: uint, expires-at: uint})

;; --- PRIVATE ---
(define-private (governed (function (string-ascii 40)) (args (optional (buff 2048))))
  (contract-call? .governance consume-action function (sha256 (unwrap-panic args)) contract-caller))

(define-private (check-amount (amount uint))
  (ok (asserts! (and (> amount u0) (<= amount MAX_AMOUNT)) ERR_INVALID_AMOUNT)))

(define-private (check-caller (name (string-ascii 40)) (other (string-ascii 40)) (standing uint))
  (ok (asserts! (match (contract-call? .upgrade-manager standing-of contract-caller) holder
    (and (>= (get standing holder) standing) (or (is-eq (get name holder) name) (is-eq (get name holder) other)))
    false) ERR_NOT_SUITE)))

(define-private (listed (token principal)) (ok (unwrap! (map-get? tokens token) ERR_TOKEN_NOT_ACCEPTED)))

(define-private (min-of (a uint) (b uint)) (if (< a b) a b))

;; The STX face moves native STX, which needs an allowance of its own; for every other token that one is zero.
(define-private (stx-part (token principal) (amount uint)) (if (is-eq token .stx-token) amount u0))

(define-private (collect (token <ft>) (amount uint))
  (ok (unwrap! (restrict-assets? tx-sender
      ((with-ft (contract-of token) "*" amount) (with-stx (stx-part (contract-of token) amount)))
      (try! (contract-call? token transfer amount tx-sender current-contract none)))
    ERR_TRANSFER_FAILED)))

;; The insurance fund is paid by its own function, so that it books what it gets.
(define-private (pay (token <ft>) (amount uint) (recipient principal))
  (ok (unwrap! (as-contract?
      ((with-ft (contract-of token) "*" amount) (with-stx (stx-part (contract-of token) amount)))
      (if (is-eq recipient .insurance-fund)
        (try! (contract-call? .insurance-fund contribute-to-fund amount token))
        (try! (contract-call? token transfer amount current-contract recipient none))))
    ERR_TRANSFER_FAILED)))

(define-private (pay-credit (token <ft>) (recipient principal))
  (let ((key (contract-of token)) (amount (get-credit recipient key)) (parts (get-token key)))
    (asserts! (> amount u0) ERR_NOTHING_DUE)
    (map-delete credits {recipient: recipient, token: key})
    (map-set tokens key (merge parts {allocated: (- (get allocated parts) amount)}))
    (try! (pay token amount recipient))
    (print {event: "allocation-paid", token: key, recipient: recipient, amount: amount, by: contract-caller})
    (ok amount)))

;; One row's share of a distribution, rounded down, becomes a credit.
(define-private (allocate (id (string-ascii 24)) (done {token: principal, amount: uint, amounts: (list 10 uint)}))
  (let (
      (row (get-allocation id))
      (part (if (get active row) (/ (* (get amount done) (get share row)) PPM) u0))
      (key {recipient: (get recipient row), token: (get token done)}))
    (and (> part u0) (map-set credits key (+ (default-to u0 (map-get? credits key)) part)))
    (merge done {amounts: (unwrap-panic (as-max-len? (append (get amounts done) part) u10))})))

(define-private (spend (token principal) (amount uint))
  (let ((parts (try! (listed token))))
    (try! (check-amount amount))
    (asserts! (>= (get holdings parts) (+ amount (get reserve parts))) ERR_INSUFFICIENT_AVAILABLE)
    (ok (map-set tokens token (merge parts {holdings: (- (get holdings parts) amount)})))))

;; --- READ-ONLY ---
;; Fees so far: collected, forgone by discounts, how many, how many discounted.
(define-read-only (get-fee-totals (operation (string-ascii 16)) (token principal))
  (default-to {collected: u0, forgone: u0, count: u0, discounted: u0}
    (map-get? fee-totals {operation: operation, token: token})))

;; What is accounted for in a token; the parts add up to `total`.
(define-read-only (get-treasury-balances (token principal))
  (let ((parts (get-token token)) (reserved (min-of (get reserve parts) (get holdings parts))))
    {undistributed: (get undistributed parts), allocated: (get allocated parts), reserved: reserved,
      available: (- (get holdings parts) reserved),
      total: (+ (get undistributed parts) (get allocated parts) (get holdings parts))}))

;; A token's record, zeroes when never listed.
(define-read-only (get-token (token principal))
  (default-to {accepted: false, undistributed: u0, allocated: u0, holdings: u0, reserve: u0, fees-usd: u0}
    (map-get? tokens token)))

;; What `recipient` can claim.
(define-read-only (get-credit (recipient principal) (token principal))
  (default-to u0 (map-get? credits {recipient: recipient, token: token})))

;; A row of the table; version 0 and inactive when there is none. Older versions are in the map.
(define-read-only (get-allocation (id (string-ascii 24)))
  (let ((version (default-to u0 (map-get? allocation-versions id))))
    (merge {version: version}
      (default-to {share: u0, recipient: current-contract, active: false, description: "", at: u0}
        (map-get? allocations {id: id, version: version})))))

;; --- PUBLIC ---
;; Takes and returns the fee of `user`, who must be tx-sender, and has `volume`, which may be 0, counted. By the registry
;; or pool: current for purchases and deposits, also retiring for what runs off. Errors: caller, payer, token, the
;; schedule's, the token's own.
(define-public (process-fee (operation (string-ascii 16)) (base uint) (volume uint) (user principal) (token <ft>))
  (let ((key (contract-of token)) (risk (or (is-eq operation "purchase") (is-eq operation "deposit"))))
    (try! (check-caller "policy-registry" "liquidity-pool" (if risk CURRENT RETIRING)))
    (asserts! (is-eq user tx-sender) ERR_NOT_PAYER)
    (asserts! (or (get accepted (try! (listed key))) (not risk)) ERR_TOKEN_NOT_ACCEPTED)
    (let (
        (quote (try! (contract-call? .fee-schedule note-fee operation base volume user)))
        (fee (get fee quote))
        (undiscounted (/ (+ (* base (get rate quote)) (- PPM u1)) PPM))
        (taken (and (> fee u0) (try! (collect token fee))))
        (parts (get-token key))
        (totals (get-fee-totals operation key))
        (undistributed (+ (get undistributed parts) fee)))
      (map-set tokens key (merge parts
        {undistributed: undistributed, fees-usd: (+ (get fees-usd parts) (/ (* volume fee) base))}))
      (map-set fee-totals {operation: operation, token: key} {collected: (+ (get collected totals) fee),
        forgone: (+ (get forgone totals) (- undiscounted fee)), count: (+ (get count totals) u1),
        discounted: (+ (get discounted totals) (if (> (get discount quote) u0) u1 u0))})
      (print (merge quote {event: "fee-processed", operation: operation, token: key, user: user, base: base,
        volume: volume, undistributed: undistributed, by: contract-caller}))
      (ok fee))))

;; Splits a token's undistributed fees by the table; returns the distribution's number. Anyone. The insurance fund is
;; paid at once if it takes the token; what the table and rounding leave is the treasury's own.
(define-public (distribute (token <ft>))
  (let (
      (key (contract-of token))
      (parts (try! (listed key)))
      (amount (get undistributed parts))
      (ids (var-get allocation-ids))
      (amounts (get amounts (fold allocate ids {token: key, amount: amount, amounts: (list)})))
      (credited (fold + amounts u0))
      (id (+ (var-get distribution-count) u1))
      (record {token: key, amount: amount, allocations: ids, amounts: amounts, kept: (- amount credited),
        at: stacks-block-time}))
    (asserts! (> amount u0) ERR_NOTHING_DUE)
    (map-set tokens key (merge parts {undistributed: u0, fees-usd: u0, allocated: (+ (get allocated parts) credited),
      holdings: (+ (get holdings parts) (- amount credited))}))
    (var-set distribution-count id)
    (map-set distributions id record)
    ;; A metric must never hold up money.
    (is-ok (contract-call? .analytics record "fees-usd" (get fees-usd parts)))
    (print (merge record {event: "fees-distributed", id: id, by: contract-caller}))
    (and (> (get-credit .insurance-fund key) u0) (contract-call? .insurance-fund is-accepted key)
      (> (try! (pay-credit token .insurance-fund)) u0))
    (ok id)))

;; Pays a recipient's whole credit, which is returned. Anyone may cause it. Errors: nothing due, the token's own.
(define-public (claim-allocation (token <ft>) (recipient principal)) (pay-credit token recipient))

;; Counts what lies here unaccounted for (gifts, payments by plain transfer) as holdings; returns it. Anyone.
(define-public (book-surplus (token <ft>))
  (let (
      (key (contract-of token))
      (balance (try! (contract-call? token get-balance current-contract)))
      (parts (try! (listed key)))
      (total (get total (get-treasury-balances key))))
    (asserts! (> balance total) ERR_NOTHING_DUE)
    (map-set tokens key (merge parts {holdings: (+ (get holdings parts) (- balance total))}))
    (print {event: "surplus-booked", token: key, amount: (- balance total), by: contract-caller})
    (ok (- balance total))))

;; Buys a swap's whole amount from the treasury for its price. Anyone, directly. Errors: unknown, expired, other tokens,
;; not enough available, the tokens' own.
(define-public (fill-swap (id uint) (sell <ft>) (buy <ft>))
  (let ((swap (unwrap! (map-get? swaps id) ERR_UNKNOWN_SWAP)) (key (contract-of buy)) (price (get price swap)))
    (asserts! (is-eq contract-caller tx-sender) ERR_NOT_PAYER)
    (asserts! (and (is-eq (contract-of sell) (get sell swap)) (is-eq key (get buy swap))) ERR_INVALID_SWAP)
    (asserts! (< stacks-block-time (get expires-at swap)) ERR_SWAP_EXPIRED)
    ;; Nothing of the sold token may be off the books while the other token's code runs.
    (try! (collect buy price))
    (map-set tokens key (merge (get-token key) {holdings: (+ (get holdings (get-token key)) price)}))
    (asserts! (map-delete swaps id) ERR_UNKNOWN_SWAP)
    (try! (spend (get sell swap) (get amount swap)))
    (try! (pay sell (get amount swap) contract-caller))
    (print (merge swap {event: "swap-filled", id: id, by: contract-caller}))
    (ok true)))

;; --- GOVERNED ---
;; Accepts a token for fees of new business or stops that; `reserve` of its holdings may not be spent.
(define-public (set-token (token principal) (accepted bool) (reserve uint))
  (let ((change {accepted: accepted, reserve: reserve}))
    (try! (governed "set-token" (to-consensus-buff? (merge change {token: token}))))
    (asserts! (<= reserve MAX_AMOUNT) ERR_INVALID_AMOUNT)
    (map-set tokens token (merge (get-token token) change))
    (print (merge change {event: "token-set", token: token, by: contract-caller}))
    (ok true)))

;; Sets a row of the table, at most ten; active shares sum to at most 100 %. Errors: share, the treasury as recipient.
(define-public (set-allocation (id (string-ascii 24)) (share uint) (recipient principal) (active bool)
    (description (string-ascii 100)))
  (let (
      (old (get-allocation id))
      (version (+ (get version old) u1))
      (sum (+ (- (var-get allocated-share) (if (get active old) (get share old) u0)) (if (and active (<= share PPM)) share u0)))
      (new {share: share, recipient: recipient, active: active, description: description})
      (row (merge new {at: stacks-block-time})))
    (try! (governed "set-allocation" (to-consensus-buff? (merge new {id: id}))))
    (asserts! (and (<= share PPM) (<= sum PPM) (not (is-eq recipient current-contract))) ERR_INVALID_SETTING)
    (and (is-eq version u1) (var-set allocation-ids
      (unwrap! (as-max-len? (append (var-get allocation-ids) id) u10) ERR_TOO_MANY_ALLOCATIONS)))
    (var-set allocated-share sum)
    (map-set allocation-versions id version)
    (map-set allocations {id: id, version: version} row)
    (print (merge row {event: "allocation-set", id: id, version: version, allocated-share: sum, by: contract-caller}))
    (ok true)))

;; Pays from what is available. Errors: amount, not enough available, the token's own.
(define-public (execute-payment (token <ft>) (amount uint) (recipient principal) (reason (string-ascii 64)))
  (let ((payment {token: (contract-of token), amount: amount, recipient: recipient, reason: reason}))
    (try! (governed "execute-payment" (to-consensus-buff? payment)))
    (try! (spend (contract-of token) amount))
    (try! (pay token amount recipient))
    (print (merge payment {event: "payment-made", by: contract-caller}))
    (ok true)))

;; Compensates the winner of a dispute, once for each. Errors: as execute-payment; compensated already.
(define-public (pay-compensation (dispute uint) (token <ft>) (amount uint) (recipient principal))
  (let ((payment {token: (contract-of token), amount: amount, recipient: recipient}))
    (try! (governed "pay-compensation" (to-consensus-buff? (merge payment {dispute: dispute}))))
    (asserts! (map-insert compensations dispute payment) ERR_ALREADY_COMPENSATED)
    (try! (spend (contract-of token) amount))
    (try! (pay token amount recipient))
    (print (merge payment {event: "compensation-paid", dispute: dispute, by: contract-caller}))
    (ok true)))

;; Offers `amount` of one token for `price` of another to anybody until `expires-at`, at most 7 days ahead; returns the
;; swap's number. It sets nothing aside. Errors: terms, token.
(define-public (approve-swap (sell principal) (amount uint) (buy principal) (price uint) (expires-at uint))
  (let ((id (+ (var-get swap-count) u1)) (terms {sell: sell, amount: amount, buy: buy, price: price,
      expires-at: expires-at}))
    (try! (governed "approve-swap" (to-consensus-buff? terms)))
    (try! (check-amount amount))
    (try! (check-amount price))
    (asserts! (and (not (is-eq sell buy)) (> expires-at stacks-block-time)
      (<= expires-at (+ stacks-block-time MAX_SWAP_TERM))) ERR_INVALID_SWAP)
    (asserts! (get accepted (get-token buy)) ERR_TOKEN_NOT_ACCEPTED)
    (var-set swap-count id)
    (map-set swaps id terms)
    (print (merge terms {event: "swap-approved", id: id, by: contract-caller}))
    (ok id)))

;; Withdraws a swap. Errors: unknown.
(define-public (cancel-swap (id uint))
  (begin
    (try! (governed "cancel-swap" (to-consensus-buff? {id: id})))
    (asserts! (map-delete swaps id) ERR_UNKNOWN_SWAP)
    (print {event: "swap-cancelled", id: id, by: contract-caller})
    (ok true)))
