;; liquidity-pool-vault (15): custody of pooled collateral, and nothing else.
;; Books by backend contract and token, so that a new pool can never touch an older one's money. Ownership, backing and
;; exits are the backend's matter; no user moves anything here, and no governance takes anything out.
;; Reentrancy: the books fall before a token is called and rise after it has delivered; nothing read before a call is
;; written after it; a token's code can move only the amount in hand, of its own token.

;; --- TRAITS ---
(use-trait ft .sip-010-trait.sip-010-trait)

;; --- CONSTANTS ---
(define-constant CURRENT u2)
(define-constant RETIRING u1)
;; Above any supply.
(define-constant MAX_AMOUNT u1000000000000000000)

;; --- ERRORS ---
(define-constant ERR_INVALID_AMOUNT (err u1540001))
(define-constant ERR_INSUFFICIENT_BALANCE (err u1540201))
(define-constant ERR_LOCK_EXCEEDS_AVAILABLE (err u1540202))
(define-constant ERR_FUNDS_NOT_ARRIVED (err u1540203))
(define-constant ERR_NOT_BACKEND (err u1540301))
(define-constant ERR_NOT_DEPOSITOR (err u1540302))
(define-constant ERR_TRANSFER_FAILED (err u1540303))
(define-constant ERR_TOKEN_NOT_ACCEPTED (err u1540401))
(define-constant ERR_RELEASE_EXCEEDS_LOCKED (err u1540901))
(define-constant ERR_ALREADY_INITIALISED (err u1540902))
(define-constant ERR_BACKEND_NOT_CURRENT (err u1540903))

;; --- DATA VARS ---
;; For reference: sBTC on this network, and the pool in service.
(define-data-var sbtc-token-principal (optional principal) none)
(define-data-var backend-principal (optional principal) none)

;; --- MAPS ---
;; Base units; locked <= balance always. `tokens`: totals over all backends; listed once accepted.
(define-map tokens principal {accepted: bool, balance: uint, locked: uint})
(define-map accounts {backend: principal, token: principal} {balance: uint, locked: uint})

;; --- PRIVATE ---
(define-private (governed (function (string-ascii 40)) (args (optional (buff 512))))
  (contract-call? .governance consume-action function (sha256 (unwrap-panic args)) contract-caller))

(define-private (check-backend (standing uint) (amount uint))
  (begin
    (asserts! (>= (contract-call? .upgrade-manager get-standing "liquidity-pool" contract-caller) standing) ERR_NOT_BACKEND)
    (ok (asserts! (and (> amount u0) (<= amount MAX_AMOUNT)) ERR_INVALID_AMOUNT))))

(define-private (check-accepted (token principal))
  (ok (asserts! (get accepted (get-token token)) ERR_TOKEN_NOT_ACCEPTED)))

;; Changes the caller's account and the token's totals alike, by one figure; returns what events carry.
(define-private (book (token principal) (in uint) (out uint) (lock uint) (release uint))
  (let (
      (total (unwrap! (map-get? tokens token) ERR_TOKEN_NOT_ACCEPTED))
      (account (get-account contract-caller token))
      (held (+ (get balance account) in))
      (bound (+ (get locked account) lock)))
    (asserts! (>= bound release) ERR_RELEASE_EXCEEDS_LOCKED)
    (asserts! (>= held (+ out (- bound release))) (if (> lock u0) ERR_LOCK_EXCEEDS_AVAILABLE ERR_INSUFFICIENT_BALANCE))
    (let (
        (after {balance: (- held out), locked: (- bound release)})
        (all {balance: (- (+ (get balance total) in) out), locked: (- (+ (get locked total) lock) release)}))
      (map-set accounts {backend: contract-caller, token: token} after)
      (map-set tokens token (merge total all))
      (ok (merge after {backend: contract-caller, token: token, amount: (+ in out lock release),
        total-balance: (get balance all), total-locked: (get locked all)})))))

;; The STX face moves native STX, which needs an allowance of its own; for every other token that one is zero.
(define-private (stx-part (token principal) (amount uint)) (if (is-eq token .stx-token) amount u0))

(define-private (pay (amount uint) (token <ft>) (recipient principal))
  (let ((key (contract-of token)))
    (try! (check-backend RETIRING amount))
    (let ((books (try! (book key u0 amount u0 u0))))
      (unwrap! (as-contract? ((with-ft key "*" amount) (with-stx (stx-part key amount)))
          (try! (contract-call? token transfer amount current-contract recipient none)))
        ERR_TRANSFER_FAILED)
      (ok books))))

;; --- READ-ONLY ---
;; What a backend holds here of a token, and what of that is locked.
(define-read-only (get-account (backend principal) (token principal))
  (default-to {balance: u0, locked: u0} (map-get? accounts {backend: backend, token: token})))

;; A token's totals, and whether new funds of it are taken.
(define-read-only (get-token (token principal))
  (default-to {accepted: false, balance: u0, locked: u0} (map-get? tokens token)))

;; Micro-STX held.
(define-read-only (get-total-stx-balance) (get balance (get-token .stx-token)))

;; Micro-STX locked.
(define-read-only (get-total-stx-locked) (get locked (get-token .stx-token)))

;; Satoshis of sBTC held; 0 until its principal is set.
(define-read-only (get-total-sbtc-balance)
  (match (var-get sbtc-token-principal) token (get balance (get-token token)) u0))

;; Satoshis of sBTC locked.
(define-read-only (get-total-sbtc-locked)
  (match (var-get sbtc-token-principal) token (get locked (get-token token)) u0))

;; sBTC on this network; none until set.
(define-read-only (get-sbtc-token-principal) (var-get sbtc-token-principal))

;; The pool in service; none until set. Rights follow the upgrade manager.
(define-read-only (get-backend-principal) (var-get backend-principal))

;; --- PUBLIC ---
;; Takes `amount` from `from`, who must be tx-sender, into the caller's account. Current backend. Errors: caller, amount,
;; depositor, token, the token's own.
(define-public (deposit-funds (amount uint) (token <ft>) (from principal))
  (let ((key (contract-of token)))
    (try! (check-backend CURRENT amount))
    (asserts! (is-eq from tx-sender) ERR_NOT_DEPOSITOR)
    (try! (check-accepted key))
    (unwrap! (restrict-assets? from ((with-ft key "*" amount) (with-stx (stx-part key amount)))
        (try! (contract-call? token transfer amount from current-contract none)))
      ERR_TRANSFER_FAILED)
    (print (merge (try! (book key amount u0 u0 u0)) {event: "funds-deposited", from: from}))
    (ok true)))

;; Books `amount` that the insurance fund has paid in already. Backend, also retiring. Errors: caller, amount, token,
;; more than lies here unaccounted for.
(define-public (credit-funds (amount uint) (token <ft>))
  (let ((key (contract-of token)))
    (try! (check-backend RETIRING amount))
    (asserts! (>= (try! (contract-call? token get-balance current-contract)) (+ (get balance (get-token key)) amount))
      ERR_FUNDS_NOT_ARRIVED)
    (print (merge (try! (book key amount u0 u0 u0)) {event: "funds-credited"}))
    (ok true)))

;; Pays from the caller's unlocked funds. Backend, also retiring. Errors: caller, amount, balance, the token's own.
(define-public (withdraw-funds (amount uint) (token <ft>) (recipient principal))
  (begin
    (print (merge (try! (pay amount token recipient)) {event: "funds-withdrawn", recipient: recipient}))
    (ok true)))

;; Locks the caller's funds for policies; moves nothing. Current backend. Errors: caller, amount, token, more than is
;; unlocked.
(define-public (lock-collateral-aggregate (policy-ids (list 20 uint)) (amount uint) (token principal))
  (begin
    (try! (check-backend CURRENT amount))
    (try! (check-accepted token))
    (print (merge (try! (book token u0 u0 amount u0)) {event: "collateral-locked", policy-ids: policy-ids}))
    (ok true)))

;; Unlocks; moves nothing. Backend, also retiring. Errors: caller, amount, more than is locked.
(define-public (release-collateral-aggregate (policy-ids (list 20 uint)) (amount uint) (token principal))
  (begin
    (try! (check-backend RETIRING amount))
    (print (merge (try! (book token u0 u0 u0 amount)) {event: "collateral-released", policy-ids: policy-ids}))
    (ok true)))

;; Pays a settlement from unlocked funds: the policy's lock is released first. Backend, also retiring. Errors: as
;; withdraw-funds.
(define-public (settle-policy (policy-id uint) (buyer principal) (amount uint) (token <ft>))
  (begin
    (print (merge (try! (pay amount token buyer)) {event: "settlement-paid", policy-id: policy-id, buyer: buyer}))
    (ok true)))

;; Accepts a token for new funds and locks, or stops that; what is held can always leave. Governed. Never one that
;; charges for transfers or changes balances by itself.
(define-public (set-token (token principal) (accepted bool))
  (begin
    (try! (governed "set-token" (to-consensus-buff? {token: token, accepted: accepted})))
    (map-set tokens token (merge (get-token token) {accepted: accepted}))
    (print {event: "token-set", token: token, accepted: accepted, by: contract-caller})
    (ok true)))

;; Says once which accepted token is sBTC. Governed. Errors: token, another one is set.
(define-public (set-sbtc-token-principal (token principal))
  (begin
    (try! (governed "set-sbtc-token-principal" (to-consensus-buff? {token: token})))
    (try! (check-accepted token))
    (asserts! (is-eq token (default-to token (var-get sbtc-token-principal))) ERR_ALREADY_INITIALISED)
    (var-set sbtc-token-principal (some token))
    (print {event: "sbtc-token-set", token: token, by: contract-caller})
    (ok true)))

;; Names the pool in service, which must be current in the upgrade manager. Governed.
(define-public (set-backend-principal (backend principal))
  (begin
    (try! (governed "set-backend-principal" (to-consensus-buff? {backend: backend})))
    (asserts! (is-eq (contract-call? .upgrade-manager get-standing "liquidity-pool" backend) CURRENT) ERR_BACKEND_NOT_CURRENT)
    (var-set backend-principal (some backend))
    (print {event: "backend-set", backend: backend, by: contract-caller})
    (ok true)))
