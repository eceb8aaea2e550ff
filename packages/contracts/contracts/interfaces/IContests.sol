// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";

/// @title How a decommissioned node says that it is alive, and how the stake of those that do not stops to block money
/// (P-110 to P-112, P-116).
interface IContests {
    /// @notice None of the named nodes is decommissioned, so nobody contests in this epoch.
    /// @param epoch The epoch that was signed.
    error NobodyToContest(uint256 epoch);

    /// @notice The stake of decommissioned nodes no longer counts toward the floor: it moved to the silent stake.
    /// @param ids The nodes, in the order in which they were named.
    /// @param byOwner Whether the owner took them out; then only an activation brings them back (P-116).
    event ServiceNodesDropped(uint64[] ids, bool byOwner);
    /// @notice Decommissioned nodes were heard, by a contest or a showing: their silent reports count from here.
    /// @param ids The nodes, in the order in which they were named.
    event ServiceNodesHeard(uint64[] ids);
    /// @notice Of nodes that were just heard, these had been dropped for silence: their stake counts toward the floor
    /// again.
    /// @param ids The nodes, in the order in which they were named.
    event ServiceNodesRestored(uint64[] ids);

    /// @notice Says that a decommissioned node is alive (P-111). Its operator only. Never paused.
    function contest(uint64 id) external;

    /// @notice Says that decommissioned nodes are alive, by what they have signed (P-111). Anyone may call. Never
    /// paused.
    /// @param epoch The running epoch or the one before.
    /// @param signature The aggregate of exactly these nodes over `hashContest(epoch)`.
    /// @param signers Strictly ascending ids. Those that are not decommissioned change nothing.
    function contestSigned(uint64 epoch, BLS.G2Point calldata signature, uint64[] calldata signers) external;

    /// @notice Drops decommissioned nodes from the floor that were silent for 48 accepted reports (P-110). Anyone may
    /// call. Ids that are not fit are passed over.
    function dropSilent(uint64[] calldata ids) external;

    /// @notice Takes decommissioned nodes out of the floor until they are activated (P-116). Owner only. Ids that are
    /// not fit are passed over.
    function dropFromFloor(uint64[] calldata ids) external;

    /// @notice The total stake of decommissioned nodes that does not count toward the floor, in atomic units.
    function silentStake() external view returns (uint256);

    /// @notice The digest that a decommissioned node signs to be heard (P-5, P-111).
    function hashContest(uint64 epoch) external view returns (bytes32);
}
