// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Pauses, and what can be done when no report gets through (P-42, P-113).
interface IEmergency {
    // --- errors ---

    /// @notice Registration, reports and money are paused (P-29). The pause ends by itself.
    error EnforcedPause(uint256 until);
    /// @notice No pause is running; the last one ended at `until`.
    error NotPaused(uint256 until);
    /// @notice Only the owner and the guardian may do this.
    error NotOwnerOrGuardian(address caller, address guardian);
    /// @notice The owner has paused: the guardian can neither end nor change that (P-113).
    error PausedByOwner(uint256 until);
    /// @notice The guardian has used its pauses, or its window has closed. The next one may open at `from` (P-113).
    error GuardianMustWait(uint256 from);
    /// @notice Nothing was quiet for long enough: `quiet` seconds, of `required` (P-42).
    error NetworkAlive(uint256 quiet, uint256 required);
    /// @notice These lists were announced, and their notice runs until `readyAt` (P-42).
    error EmergencyAnnouncedAlready(bytes32 listsHash, uint256 readyAt);
    /// @notice These lists were not announced, or a report was accepted since (P-42).
    error EmergencyNotAnnounced(bytes32 listsHash);
    /// @notice The notice runs until `readyAt` (P-42).
    error EmergencyTooEarly(uint256 readyAt);
    /// @notice An emergency activates only when nobody is active (P-42).
    error ActiveStakeLeft(uint256 activeStake);

    // --- events ---

    /// @notice A pause began, was extended, or ended (P-29, P-113).
    /// @param until When it ends by itself, in seconds since 1970; now when it was ended.
    event Paused(uint256 until);
    /// @notice Who may pause for a time, and announce emergencies.
    /// @param guardian The account; zero when there is none.
    event GuardianUpdated(address guardian);
    /// @notice The owner may change the set like this after the notice, unless a report is accepted (P-42).
    /// @param listsHash What the announcement is kept under: keccak256 of the ABI encoding of both lists.
    /// @param decommission Active nodes to decommission.
    /// @param activate Pending and decommissioned nodes to activate when nobody is left active.
    /// @param readyAt When the notice ends, in seconds since 1970.
    event EmergencyAnnounced(bytes32 indexed listsHash, uint64[] decommission, uint64[] activate, uint256 readyAt);
    /// @notice An announced emergency was carried out.
    /// @param listsHash See `EmergencyAnnounced`.
    event EmergencyExecuted(bytes32 indexed listsHash);

    // --- calls ---

    /// @notice Stops registration, reports, dropping, liquidation, reward updates and payouts of rewards, here and at
    /// the distributor, for a time (P-29, P-113). It replaces the time of a pause that is running. Owner or guardian.
    /// @param duration Seconds, at most 30 days. A guardian's pause ends with its window at the latest.
    function pause(uint256 duration) external;

    /// @notice Ends a pause. The owner, or the guardian one that is not the owner's.
    function unpause() external;

    /// @notice Announces `emergencyDecommission` with the same lists (P-42). Owner or guardian, when 72 epochs' time
    /// has passed since the last accepted report, genesis or end of a pause.
    function announceEmergency(uint64[] calldata decommission, uint64[] calldata activate) external;

    /// @notice Decommissions without caps, then activates if nobody is active (P-42). Owner only, after the notice,
    /// while 72 epochs' time has passed as above, and not once a report was accepted.
    function emergencyDecommission(uint64[] calldata decommission, uint64[] calldata activate) external;

    /// @notice Sets the guardian; zero for none. Owner only.
    function setGuardian(address guardian_) external;

    // --- views ---

    /// @notice Whether a pause is running.
    function paused() external view returns (bool);

    /// @notice When the running pause ends, or the last one has ended, in seconds since 1970; zero before the first.
    function pausedUntil() external view returns (uint256);

    /// @notice Who may pause for a time, and announce emergencies; zero when there is none.
    function guardian() external view returns (address);

    /// @notice The guardian's window and what it has used of it (P-113).
    /// @return endsAt When the last window ends or has ended, in seconds since 1970; zero before the first.
    /// @return pauses How many pauses the guardian has begun in it, of three.
    function guardianWindow() external view returns (uint256 endsAt, uint256 pauses);

    /// @notice From an announcement to when it may be carried out, in seconds. It never changes.
    function emergencyNoticeSeconds() external view returns (uint256);

    /// @notice An announced emergency: when its notice ends (zero when there is none), and whether an accepted report
    /// has voided it (P-42).
    function emergency(bytes32 listsHash) external view returns (uint256 readyAt, bool isVoid);
}
