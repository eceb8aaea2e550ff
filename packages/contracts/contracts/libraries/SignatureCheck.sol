// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IServiceNodeRegistry, NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {Bls} from "./Bls.sol";
import {NodeData} from "./NodeData.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title The check of an aggregate signature, which every message kind goes through (P-23).
/// @dev In two steps, so that callers compare with their quorums before the pairing is paid for: `sum` says whose key
/// the signature must be of and what stake that is, `check` whether it is. Quorums are the caller's job.
library SignatureCheck {
    /// @dev Which ids of a list are taken, as masks of a word of the bitmap: `word ^ flip | any`.
    uint256 private constant ACTIVE = 0;
    uint256 private constant INACTIVE = type(uint256).max;
    uint256 private constant ANY = type(uint256).max;

    /// @notice See `IServiceNodeRegistry.verify`.
    function verify(
        bytes32 digest,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) internal view returns (uint256 signedActive, uint256 signedFloor) {
        BLS.G1Point memory key;
        (key, signedActive, signedFloor) = sum(nonSigners, extraSigners);
        check(key, digest, signature);
    }

    /// @notice The key of those who are said to have signed, all active nodes but `nonSigners` and `extraSigners`, and
    /// their stake: that of active nodes, and with it that of decommissioned ones that count toward the floor.
    function sum(uint64[] calldata nonSigners, uint64[] calldata extraSigners)
        internal
        view
        returns (BLS.G1Point memory key, uint256 signedActive, uint256 signedFloor)
    {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        signedActive = $.activeStake;
        if (signedActive == 0) revert IServiceNodeRegistry.NoActiveStake();

        key = Bls.unpack($.aggregateKey);
        if (nonSigners.length != 0) {
            // key - sum = -(-key + sum): so subtracting k keys takes k additions, not one more.
            Bls.negate(key);
            uint256 absentStake;
            (key, absentStake) = _addKeys(key, nonSigners, ACTIVE, 0);
            Bls.negate(key);
            signedActive -= absentStake;
        }
        signedFloor = signedActive;
        if (extraSigners.length != 0) {
            (key,) = _addKeys(key, extraSigners, INACTIVE, 0);
            signedFloor += _floorStake(extraSigners);
        }
    }

    /// @notice Reverts unless `signature` is that of `key` over `digest`.
    function check(BLS.G1Point memory key, bytes32 digest, BLS.G2Point calldata signature) internal view {
        // e(-G1, 0) e(0, H) = 1 holds for every digest: without these two, an empty set would sign anything.
        if (Bls.isInfinity(key)) revert IServiceNodeRegistry.KeyAtInfinity();
        if (Bls.isInfinity(signature)) revert IServiceNodeRegistry.SignatureAtInfinity();
        if (!Bls.isValid(key, digest, signature)) revert IServiceNodeRegistry.InvalidSignature(digest);
    }

    /// @notice Reverts unless `signature` is an aggregate of exactly the listed nodes, whatever their state.
    function checkExactly(bytes32 digest, BLS.G2Point calldata signature, uint64[] calldata signers) internal view {
        BLS.G1Point memory key;
        (key,) = _addKeys(key, signers, ACTIVE, ANY);
        check(key, digest, signature);
    }

    /// @dev Adds the keys of those of `ids` that are taken to `key`, and sums up their stake.
    /// @param flip ACTIVE or INACTIVE, and `any` ANY to take both.
    function _addKeys(BLS.G1Point memory key, uint64[] calldata ids, uint256 flip, uint256 any)
        private
        view
        returns (BLS.G1Point memory, uint256 stake)
    {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bytes32[8] memory points = NodeData.startSum(key);
        uint256 packedIds = uint256($.packedGroups) * NodeData.GROUP_SIZE;
        address store = packedIds == 0 ? NodeData.keyStore() : NodeData.packStore();
        (uint256 cursor, uint256 end) = NodeData.bounds(ids);
        uint256 previous = 0;
        unchecked {
            while (cursor < end) {
                uint256 id = NodeData.idAt(cursor);
                if (id <= previous) _refuse(previous, id);
                uint256 taken = $.activeBitmap[id >> 8];
                if ((taken >> (id & 0xff)) & 1 == 0 && id >= $.nextId) {
                    revert IServiceNodeRegistry.UnknownId(id, $.nextId);
                }
                taken = (taken ^ flip) | any;
                if (id < packedIds) {
                    uint256 group = id / NodeData.GROUP_SIZE + 1;
                    uint256 groupStake;
                    (cursor, previous, groupStake) = NodeData.addGroup(
                        points,
                        cursor,
                        end,
                        previous,
                        NodeData.addressOf(store, group),
                        group * NodeData.GROUP_SIZE,
                        taken
                    );
                    stake += groupStake;
                    continue;
                }
                if (packedIds != 0) (store, packedIds) = (NodeData.keyStore(), 0); // no later id is packed
                if ((taken >> (id & 0xff)) & 1 == 1) {
                    stake += NodeData.loadKey(points, NodeData.addressOf(store, id), 1);
                    NodeData.addLoaded(points);
                }
                previous = id;
                cursor += 0x20;
            }
        }
        return (NodeData.endSum(points), stake);
    }

    /// @dev The stake of those of `ids` that are decommissioned and not silent.
    function _floorStake(uint64[] calldata ids) private view returns (uint256 stake) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        for (uint256 i = 0; i < ids.length; ++i) {
            RewardsStorage.NodeRecord storage record = $.records[ids[i]];
            if (record.state != NodeState.Decommissioned || record.flags & RewardsStorage.SILENT_FLAG != 0) continue;
            stake += NodeData.stakeOf(ids[i]);
        }
    }

    /// @dev Says what is wrong with an id that may not follow `previous`.
    function _refuse(uint256 previous, uint256 id) private view {
        if (id == 0) revert IServiceNodeRegistry.UnknownId(id, RewardsStorage.load().nextId);
        if (id == previous) revert IServiceNodeRegistry.DuplicateId(id);
        revert IServiceNodeRegistry.UnsortedIds(previous, id);
    }
}
