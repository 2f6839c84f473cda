;; governance (11): roles, proposals, votes by weight at a snapshot, timelock, emergency fast track. It holds no assets
;; and calls no other contract. Targets pull: an action is {target, function, args}, args being the sha256 of the consensus
;; encoding of the arguments as a tuple (of nothing, without arguments); the target calls consume-action before it acts.
;; The actions of a proposal may be executed in any order, by anyone. Times in seconds, shares in ppm.

;; --- CONSTANTS ---
;; May act without a vote until complete-bootstrap, never after.
(define-constant DEPLOYER tx-sender)
(define-constant ROLES (list "guardian" "operator" "proposer" "resolver" "treasurer"))
;; Permission bits of a role.
(define-constant PERMISSION_PROPOSE u1)
(define-constant PERMISSION_CANCEL u2)
(define-constant ALL_PERMISSIONS u3)
(define-constant PPM u1000000)
(define-constant MAX_WEIGHT u1000000000000)
(define-constant MAX_STEPS (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20 u21 u22 u23 u24))

;; --- ERRORS ---
(define-constant ERR_NO_ACTIONS (err u1140001))
(define-constant ERR_DUPLICATE_ACTION (err u1140002))
(define-constant ERR_UNKNOWN_ROLE (err u1140003))
(define-constant ERR_INVALID_SETTING (err u1140004))
(define-constant ERR_INVALID_WEIGHT (err u1140005))
(define-constant ERR_INVALID_SUPPORT (err u1140006))
(define-constant ERR_INVALID_PERMISSIONS (err u1140007))
(define-constant ERR_EMPTY_TITLE (err u1140008))
(define-constant ERR_NOT_APPROVED (err u1140301))
(define-constant ERR_MAY_NOT_PROPOSE (err u1140302))
(define-constant ERR_MAY_NOT_VOTE (err u1140303))
(define-constant ERR_MAY_NOT_CANCEL (err u1140304))
(define-constant ERR_NOT_EMERGENCY_ACTION (err u1140305))
(define-constant ERR_NOT_DEPLOYER (err u1140306))
(define-constant ERR_UNKNOWN_PROPOSAL (err u1140401))
(define-constant ERR_TIMELOCKED (err u1140901))
(define-constant ERR_APPROVAL_EXPIRED (err u1140902))
(define-constant ERR_PROPOSAL_CANCELLED (err u1140903))
(define-constant ERR_NOT_VOTING (err u1140904))
(define-constant ERR_ALREADY_VOTED (err u1140905))
(define-constant ERR_NOT_SUCCEEDED (err u1140906))
(define-constant ERR_ACTION_PENDING (err u1140907))
(define-constant ERR_CLOSED (err u1140908))
(define-constant ERR_NO_WEIGHT (err u1140909))
(define-constant ERR_ROLE_NOT_HELD (err u1140910))
(define-constant ERR_CUSTODY (err u1140911))

;; --- DATA VARS ---
(define-data-var bootstrapping bool true)
(define-data-var proposal-count uint u0)

;; --- MAPS ---
;; emergency-quorum is a number of guardians. A proposal keeps the settings of its creation.
(define-map settings (string-ascii 20) {value: uint, min: uint, max: uint})
(define-map roles {who: principal, role: (string-ascii 16)} uint) ;; height of the assignment
(define-map role-holders (string-ascii 16) uint) ;; how many hold it
(define-map role-permissions (string-ascii 16) uint)
;; Voting weights by height; `none` is the total of all.
(define-map checkpoints {of: (optional principal), index: uint} {height: uint, weight: uint})
(define-map checkpoint-counts (optional principal) uint)
(define-map proposals uint {
  proposer: principal, title: (string-ascii 80), description-hash: (buff 32), uri: (string-ascii 128),
  actions: (list 10 {target: principal, function: (string-ascii 40), args: (buff 32)}),
  emergency: bool, snapshot: uint, total: uint, starts: uint, ends: uint, quorum: uint, threshold: uint,
  timelock: uint, grace: uint})
;; eta: when the timelock ends, u0 while not queued; consumed: how many of its actions were executed, the last at `at`.
(define-map tallies uint
  {for: uint, against: uint, abstain: uint, eta: uint, consumed: uint, at: uint, cancelled: bool})
(define-map votes {proposal: uint, voter: principal} {support: uint, weight: uint, at: uint})
(define-map voter-history {voter: principal, index: uint} uint)
(define-map voter-counts principal uint)
(define-map approvals {target: principal, function: (string-ascii 40), args: (buff 32)}
  {proposal: uint, eta: uint, expires: uint})
(define-map emergency-actions {target: principal, function: (string-ascii 40)} bool)
;; Contracts that hold assets: never on the emergency path. A mark is for ever.
(define-map custody-contracts principal bool)

(map-set settings "voting-delay" {value: u86400, min: u3600, max: u604800})
(map-set settings "voting-period" {value: u432000, min: u86400, max: u2592000})
(map-set settings "timelock" {value: u172800, min: u86400, max: u2592000})
(map-set settings "grace-period" {value: u1209600, min: u259200, max: u5184000})
(map-set settings "quorum" {value: u200000, min: u50000, max: u500000})
(map-set settings "threshold" {value: u500000, min: u500000, max: u800000})
(map-set settings "proposal-threshold" {value: u10000, min: u0, max: u10000})
(map-set settings "emergency-period" {value: u21600, min: u3600, max: u86400})
(map-set settings "emergency-timelock" {value: u3600, min: u1800, max: u86400})
(map-set settings "emergency-quorum" {value: u2, min: u2, max: u10})
(map-set role-permissions "guardian" PERMISSION_CANCEL)
(map-set role-permissions "operator" u0)
(map-set role-permissions "proposer" PERMISSION_PROPOSE)
(map-set role-permissions "resolver" u0)
(map-set role-permissions "treasurer" u0)

;; --- PRIVATE ---
(define-private (setting (name (string-ascii 20)))
  (get value (unwrap-panic (map-get? settings name))))

;; The one gate: the deployer during the bootstrap, or an approved action whose timelock has passed, which is consumed.
(define-private (authorise (target principal) (function (string-ascii 40)) (args (buff 32)) (caller principal))
  (if (and (var-get bootstrapping) (is-eq caller DEPLOYER))
    (ok true)
    (let ((action {target: target, function: function, args: args})
          (approval (unwrap! (map-get? approvals action) ERR_NOT_APPROVED))
          (id (get proposal approval))
          (tally (unwrap! (map-get? tallies id) ERR_UNKNOWN_PROPOSAL)))
      (asserts! (not (get cancelled tally)) ERR_PROPOSAL_CANCELLED)
      (asserts! (>= stacks-block-time (get eta approval)) ERR_TIMELOCKED)
      (asserts! (< stacks-block-time (get expires approval)) ERR_APPROVAL_EXPIRED)
      (map-delete approvals action)
      (map-set tallies id (merge tally {consumed: (+ (get consumed tally) u1), at: stacks-block-time}))
      (print {event: "action-consumed", proposal: id, target: target, function: function, args: args, by: caller})
      (ok true))))

(define-private (governed (function (string-ascii 40)) (args (optional (buff 1024))))
  (authorise current-contract function (sha256 (unwrap-panic args)) contract-caller))

;; One step of the binary search for the last checkpoint at or below a height: lo stays right, hi is past the end.
(define-private (search (step uint) (s {of: (optional principal), height: uint, lo: uint, hi: uint}))
  (if (<= (- (get hi s) (get lo s)) u1)
    s
    (let ((mid (/ (+ (get lo s) (get hi s)) u2)))
      (if (<= (default-to u0 (get height (map-get? checkpoints {of: (get of s), index: mid}))) (get height s))
        (merge s {lo: mid})
        (merge s {hi: mid})))))

(define-private (weight-at (of (optional principal)) (height uint))
  (let ((found (get lo (fold search MAX_STEPS
          {of: of, height: height, lo: u0, hi: (+ u1 (default-to u0 (map-get? checkpoint-counts of)))}))))
    (default-to u0 (get weight (map-get? checkpoints {of: of, index: found})))))

(define-private (current-weight (of (optional principal)))
  (weight-at of stacks-block-height))

;; Checkpoints count from u1; two in one block are one.
(define-private (write-weight (of (optional principal)) (weight uint))
  (let ((count (default-to u0 (map-get? checkpoint-counts of)))
        (last (default-to u0 (get height (map-get? checkpoints {of: of, index: count}))))
        (index (if (and (> count u0) (is-eq last stacks-block-height)) count (+ count u1))))
    (map-set checkpoint-counts of index)
    (map-set checkpoints {of: of, index: index} {height: stacks-block-height, weight: weight})))

(define-private (grant (who principal) (role (string-ascii 16)))
  (begin
    (map-set role-holders role (+ (count-role role) u1))
    (map-set roles {who: who, role: role} stacks-block-height)))

(define-private (drop (who principal) (role (string-ascii 16)))
  (begin
    (map-set role-holders role (- (count-role role) u1))
    (map-delete roles {who: who, role: role})))

(define-private (add-permissions (role (string-ascii 16)) (state {who: principal, bits: uint}))
  (if (has-role (get who state) role)
    (merge state {bits: (bit-or (get bits state) (default-to u0 (map-get? role-permissions role)))})
    state))

(define-private (may (who principal) (permission uint))
  (> (bit-and (get-permissions who) permission) u0))

(define-private (check-distinct
    (action {target: principal, function: (string-ascii 40), args: (buff 32)})
    (seen {distinct: bool, emergency: bool, actions: (list 10 {target: principal, function: (string-ascii 40), args: (buff 32)})}))
  {distinct: (and (get distinct seen) (is-none (index-of? (get actions seen) action))),
   emergency: (and (get emergency seen) (is-emergency-action (get target action) (get function action))),
   actions: (unwrap-panic (as-max-len? (append (get actions seen) action) u10))})

(define-private (approve
    (action {target: principal, function: (string-ascii 40), args: (buff 32)})
    (state (response {proposal: uint, eta: uint, expires: uint} uint)))
  (let ((new (try! state))
        (old (map-get? approvals action)))
    ;; A live approval stays unless the new one is due earlier, so that two proposals never share one execution.
    (asserts! (match old a
        (or (<= (get expires a) stacks-block-time) (< (get eta new) (get eta a))
          (get cancelled (unwrap! (map-get? tallies (get proposal a)) ERR_UNKNOWN_PROPOSAL)))
        true) ERR_ACTION_PENDING)
    (map-set approvals action new)
    (ok new)))

(define-private (is-role-removal (action {target: principal, function: (string-ascii 40), args: (buff 32)}) (so-far bool))
  (and so-far (is-eq (get target action) current-contract)
    (is-eq (get function action) "revoke-role")))

;; A normal proposal passes with a quorum of for and abstain, and a share of for among for and against above the
;; threshold; an emergency one with the committee's quorum and more than half of the committee.
(define-private (has-passed
    (p {quorum: uint, threshold: uint, total: uint, emergency: bool}) (t {for: uint, against: uint, abstain: uint}))
  (let ((for (get for t)))
    (if (get emergency p)
      (and (>= for (get quorum p)) (> (* for u2) (get total p)))
      (and (>= (* (+ for (get abstain t)) PPM) (* (get total p) (get quorum p)))
        (> (* for PPM) (* (+ for (get against t)) (get threshold p)))))))

(define-private (target-of (action {target: principal, function: (string-ascii 40), args: (buff 32)})) (get target action))
(define-private (function-of (action {target: principal, function: (string-ascii 40), args: (buff 32)})) (get function action))
(define-private (args-of (action {target: principal, function: (string-ascii 40), args: (buff 32)})) (get args action))

;; --- READ-ONLY ---
;; Whether the deployer may still act alone.
(define-read-only (is-bootstrapping) (var-get bootstrapping))

;; Whether `who` holds `role`.
(define-read-only (has-role (who principal) (role (string-ascii 16)))
  (is-some (map-get? roles {who: who, role: role})))

;; How many hold `role`.
(define-read-only (count-role (role (string-ascii 16)))
  (default-to u0 (map-get? role-holders role)))

;; The permission bits of all roles that `who` holds (1 propose, 2 cancel).
(define-read-only (get-permissions (who principal))
  (get bits (fold add-permissions ROLES {who: who, bits: u0})))

;; Value and bounds of a setting.
(define-read-only (get-setting (name (string-ascii 20))) (map-get? settings name))

;; Present voting weight of `who`, or the total for none.
(define-read-only (get-weight (who (optional principal))) (current-weight who))

;; Voting weight of `who`, or the total for none, at the end of the block at `height`.
(define-read-only (get-weight-at (who (optional principal)) (height uint)) (weight-at who height))

;; Whether guardians may decide this function of this target on the fast track.
(define-read-only (is-emergency-action (target principal) (function (string-ascii 40)))
  (and (default-to false (map-get? emergency-actions {target: target, function: function}))
    (not (default-to false (map-get? custody-contracts target)))))

;; The number of the newest proposal; they count from u1.
(define-read-only (get-proposal-count) (var-get proposal-count))

;; A proposal with its tally.
(define-read-only (get-proposal (id uint))
  (match (map-get? proposals id)
    proposal (some (merge proposal {tally: (map-get? tallies id)})) none))

;; pending, active, defeated, succeeded, queued (also when due), expired, executed (all actions) or cancelled.
(define-read-only (get-status (id uint))
  (let ((p (unwrap! (map-get? proposals id) ERR_UNKNOWN_PROPOSAL))
        (t (unwrap! (map-get? tallies id) ERR_UNKNOWN_PROPOSAL))
        (now stacks-block-time)
        (eta (get eta t)))
    (ok (if (get cancelled t) "cancelled"
      (if (< now (get starts p)) "pending"
      (if (< now (get ends p)) "active"
      (if (not (has-passed
          {quorum: (get quorum p), threshold: (get threshold p), total: (get total p), emergency: (get emergency p)}
          {for: (get for t), against: (get against t), abstain: (get abstain t)})) "defeated"
      (if (is-eq (get consumed t) (len (get actions p))) "executed"
      (if (is-eq eta u0)
        (if (< now (+ (get ends p) (get grace p))) "succeeded" "expired")
        (if (< now (+ eta (get grace p))) "queued" "expired"))))))))))

;; What a voter said on a proposal.
(define-read-only (get-vote (id uint) (voter principal)) (map-get? votes {proposal: id, voter: voter}))

;; How many votes `voter` has cast.
(define-read-only (get-vote-count (voter principal)) (default-to u0 (map-get? voter-counts voter)))

;; The proposal of a voter's vote number `index`, from u1.
(define-read-only (get-voted-proposal (voter principal) (index uint))
  (map-get? voter-history {voter: voter, index: index}))

;; The approval of an action, while it is not consumed.
(define-read-only (get-approval (target principal) (function (string-ascii 40)) (args (buff 32)))
  (map-get? approvals {target: target, function: function, args: args}))

;; --- PUBLIC ---
;; Called by a target before it acts: `args` as above, `caller` is the target's contract-caller. Consumes the approval.
;; Errors: not approved, timelocked, expired, cancelled.
(define-public (consume-action (function (string-ascii 40)) (args (buff 32)) (caller principal))
  (authorise contract-caller function args caller))

;; Opens a proposal of 1 to 10 distinct actions. By holders of the proposing share of weight or permission; an emergency
;; one by guardians, of listed actions only. Weights are those of the block before. Returns its number.
(define-public (propose (title (string-ascii 80)) (description-hash (buff 32)) (uri (string-ascii 128))
    (actions (list 10 {target: principal, function: (string-ascii 40), args: (buff 32)})) (emergency bool))
  (let ((by contract-caller)
        (id (+ (var-get proposal-count) u1))
        (snapshot (- stacks-block-height u1))
        (total (if emergency (count-role "guardian") (weight-at none snapshot)))
        (weight (weight-at (some by) snapshot))
        (starts (if emergency stacks-block-time (+ stacks-block-time (setting "voting-delay"))))
        (ends (+ starts (setting (if emergency "emergency-period" "voting-period"))))
        (quorum (setting (if emergency "emergency-quorum" "quorum")))
        (timelock (setting (if emergency "emergency-timelock" "timelock")))
        (checked (fold check-distinct actions {distinct: true, emergency: true, actions: (list)})))
    (asserts! (> (len title) u0) ERR_EMPTY_TITLE)
    (asserts! (> (len actions) u0) ERR_NO_ACTIONS)
    (asserts! (get distinct checked) ERR_DUPLICATE_ACTION)
    (asserts! (if emergency
      (has-role by "guardian")
      (or (may by PERMISSION_PROPOSE)
        (and (> weight u0) (>= (* weight PPM) (* total (setting "proposal-threshold")))))) ERR_MAY_NOT_PROPOSE)
    (asserts! (or (not emergency) (get emergency checked)) ERR_NOT_EMERGENCY_ACTION)
    (var-set proposal-count id)
    (map-set proposals id {proposer: by, title: title, description-hash: description-hash, uri: uri, actions: actions,
      emergency: emergency, snapshot: snapshot, total: total, starts: starts, ends: ends, quorum: quorum,
      threshold: (setting "threshold"), timelock: timelock, grace: (setting "grace-period")})
    (map-set tallies id {for: u0, against: u0, abstain: u0, eta: u0, consumed: u0, at: u0, cancelled: false})
    (print {event: "proposal-created", proposal: id, by: by, title: title, description-hash: description-hash, uri: uri,
      targets: (map target-of actions), functions: (map function-of actions), args: (map args-of actions),
      emergency: emergency, snapshot: snapshot, total: total, starts: starts, ends: ends, quorum: quorum,
      threshold: (setting "threshold"), timelock: timelock, grace: (setting "grace-period")})
    (ok id)))

;; Votes for (u1), against (u0) or abstains (u2), once, with the weight at the snapshot; on an emergency proposal each
;; guardian appointed before it counts one. Returns the weight.
(define-public (vote (id uint) (support uint))
  (let ((p (unwrap! (map-get? proposals id) ERR_UNKNOWN_PROPOSAL))
        (t (unwrap! (map-get? tallies id) ERR_UNKNOWN_PROPOSAL))
        (by contract-caller)
        (index (+ (get-vote-count by) u1))
        (weight (if (get emergency p)
          (match (map-get? roles {who: by, role: "guardian"}) since (if (<= since (get snapshot p)) u1 u0) u0)
          (weight-at (some by) (get snapshot p)))))
    (asserts! (is-eq (try! (get-status id)) "active") ERR_NOT_VOTING)
    (asserts! (<= support u2) ERR_INVALID_SUPPORT)
    (asserts! (> weight u0) ERR_MAY_NOT_VOTE)
    (asserts! (map-insert votes {proposal: id, voter: by} {support: support, weight: weight, at: stacks-block-time})
      ERR_ALREADY_VOTED)
    (map-set voter-counts by index)
    (map-set voter-history {voter: by, index: index} id)
    (map-set tallies id (if (is-eq support u1)
      (merge t {for: (+ (get for t) weight)})
      (if (is-eq support u0)
        (merge t {against: (+ (get against t) weight)})
        (merge t {abstain: (+ (get abstain t) weight)}))))
    (print {event: "vote-cast", proposal: id, by: by, support: support, weight: weight})
    (ok weight)))

;; Starts the timelock of a proposal that succeeded; anyone may. Refused while the same action waits for another one.
(define-public (queue (id uint))
  (let ((p (unwrap! (map-get? proposals id) ERR_UNKNOWN_PROPOSAL))
        (t (unwrap! (map-get? tallies id) ERR_UNKNOWN_PROPOSAL))
        (eta (+ stacks-block-time (get timelock p))))
    (asserts! (is-eq (try! (get-status id)) "succeeded") ERR_NOT_SUCCEEDED)
    (try! (fold approve (get actions p) (ok {proposal: id, eta: eta, expires: (+ eta (get grace p))})))
    (map-set tallies id (merge t {eta: eta}))
    (print {event: "proposal-queued", proposal: id, eta: eta, by: contract-caller})
    (ok eta)))

;; Ends a proposal that is not done: by its proposer, or by a holder of the cancel permission unless all it does is to
;; revoke roles (or guardians could keep theirs for ever). Actions already executed stay so.
(define-public (cancel-proposal (id uint))
  (let ((p (unwrap! (map-get? proposals id) ERR_UNKNOWN_PROPOSAL))
        (t (unwrap! (map-get? tallies id) ERR_UNKNOWN_PROPOSAL))
        (status (try! (get-status id))))
    (asserts! (or (is-eq contract-caller (get proposer p))
      (and (may contract-caller PERMISSION_CANCEL) (not (fold is-role-removal (get actions p) true))))
      ERR_MAY_NOT_CANCEL)
    (asserts! (is-some (index-of? (list "pending" "active" "succeeded" "queued") status)) ERR_CLOSED)
    (map-set tallies id (merge t {cancelled: true}))
    (print {event: "proposal-cancelled", proposal: id, by: contract-caller})
    (ok true)))

;; Gives `role` to `who`. Governed. Returns whether anything changed.
(define-public (assign-role (who principal) (role (string-ascii 16)))
  (begin
    (try! (governed "assign-role" (to-consensus-buff? {who: who, role: role})))
    (asserts! (is-some (map-get? role-permissions role)) ERR_UNKNOWN_ROLE)
    (ok (and (not (has-role who role)) (begin
      (grant who role)
      (print {event: "role-assigned", who: who, role: role, by: contract-caller})
      true)))))

;; Takes `role` from `who`. Governed. Returns whether anything changed.
(define-public (revoke-role (who principal) (role (string-ascii 16)))
  (begin
    (try! (governed "revoke-role" (to-consensus-buff? {who: who, role: role})))
    (ok (and (has-role who role) (begin
      (drop who role)
      (print {event: "role-revoked", who: who, role: role, by: contract-caller})
      true)))))

;; Moves `role` to another address, as when a key is replaced. Governed. Errors: `from` does not hold it.
(define-public (transfer-role (role (string-ascii 16)) (from principal) (to principal))
  (begin
    (try! (governed "transfer-role" (to-consensus-buff? {role: role, from: from, to: to})))
    (asserts! (has-role from role) ERR_ROLE_NOT_HELD)
    (drop from role)
    (and (not (has-role to role)) (grant to role))
    (print {event: "role-transferred", role: role, from: from, to: to, by: contract-caller})
    (ok true)))

;; Gives up the caller's own role.
(define-public (renounce-role (role (string-ascii 16)))
  (begin
    (asserts! (has-role contract-caller role) ERR_ROLE_NOT_HELD)
    (drop contract-caller role)
    (print {event: "role-renounced", role: role, by: contract-caller})
    (ok true)))

;; Sets what a role may do in governance (permission bits). Governed. Returns whether anything changed.
(define-public (set-role-permissions (role (string-ascii 16)) (permissions uint))
  (begin
    (try! (governed "set-role-permissions"
      (to-consensus-buff? {role: role, permissions: permissions})))
    (asserts! (is-some (map-get? role-permissions role)) ERR_UNKNOWN_ROLE)
    (asserts! (<= permissions ALL_PERMISSIONS) ERR_INVALID_PERMISSIONS)
    (ok (and (not (is-eq (default-to u0 (map-get? role-permissions role)) permissions)) (begin
      (map-set role-permissions role permissions)
      (print {event: "role-permissions-set", role: role, permissions: permissions, by: contract-caller})
      true)))))

;; Sets the voting weight of `who` from this block on. Governed. The last weight cannot be taken away. Returns whether
;; anything changed.
(define-public (set-voting-weight (who principal) (weight uint))
  (let ((old (current-weight (some who)))
        (total (- (current-weight none) old)))
    (try! (governed "set-voting-weight" (to-consensus-buff? {who: who, weight: weight})))
    (asserts! (<= weight MAX_WEIGHT) ERR_INVALID_WEIGHT)
    (asserts! (or (var-get bootstrapping) (> (+ total weight) u0)) ERR_NO_WEIGHT)
    (ok (and (not (is-eq old weight)) (begin
      (write-weight (some who) weight)
      (write-weight none (+ total weight))
      (print {event: "voting-weight-set", who: who, weight: weight, total: (+ total weight), by: contract-caller})
      true)))))

;; Sets a setting within its bounds; open proposals keep theirs. Governed. Returns whether anything changed.
(define-public (set-setting (name (string-ascii 20)) (value uint))
  (let ((old (unwrap! (map-get? settings name) ERR_INVALID_SETTING)))
    (try! (governed "set-setting" (to-consensus-buff? {name: name, value: value})))
    (asserts! (and (>= value (get min old)) (<= value (get max old))) ERR_INVALID_SETTING)
    (ok (and (not (is-eq (get value old) value)) (begin
      (map-set settings name (merge old {value: value}))
      (print {event: "setting-changed", name: name, value: value, previous: (get value old), by: contract-caller})
      true)))))

;; Lists a function that guardians may decide on the fast track, or takes it off. Governed. Never one of governance or of
;; a contract with custody. Returns whether anything changed.
(define-public (set-emergency-action (target principal) (function (string-ascii 40)) (allowed bool))
  (begin
    (try! (governed "set-emergency-action"
      (to-consensus-buff? {target: target, function: function, allowed: allowed})))
    (asserts! (not (or (is-eq target current-contract) (default-to false (map-get? custody-contracts target)))) ERR_CUSTODY)
    (ok (and (not (is-eq (is-emergency-action target function) allowed)) (begin
      (map-set emergency-actions {target: target, function: function} allowed)
      (print {event: "emergency-action-set", target: target, function: function, allowed: allowed, by: contract-caller})
      true)))))

;; Marks a contract as one that holds assets, for ever. Governed. Returns whether anything changed.
(define-public (mark-custody (target principal))
  (begin
    (try! (governed "mark-custody" (to-consensus-buff? {target: target})))
    (ok (and (map-insert custody-contracts target true) (begin
      (print {event: "custody-marked", target: target, by: contract-caller})
      true)))))

;; Ends the deployer's power for ever. By the deployer, once somebody can vote. Returns whether anything changed.
(define-public (complete-bootstrap)
  (begin
    (asserts! (is-eq contract-caller DEPLOYER) ERR_NOT_DEPLOYER)
    (asserts! (> (current-weight none) u0) ERR_NO_WEIGHT)
    (ok (and (var-get bootstrapping) (begin
      (var-set bootstrapping false)
      (print {event: "bootstrap-completed", total: (current-weight none), by: contract-caller})
      true)))))
