// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport} from "../../../contracts/interfaces/IEpochReports.sol";
import {NodeState} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Acting} from "./Actor.sol";
import {CoalitionGhosts} from "./CoalitionGhosts.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title A coalition of two thirds signs and lands anything it likes; the honest contest.
contract CoalitionHandler is CoalitionGhosts, Acting {
    enum Deed {
        FalseReport,
        TrueReport,
        HonestDown, // an honest node is decommissioned by a false report
        AllHonestDown,
        PayableRoot,
        HonestClaim,
        Grab, // refused
        FalseRoot, // refused as a later record
        Spoof, // refused: a contest in others' name
        Drop,
        DeadLiquidated,
        HonestSpared, // refused: the liquidation of an honest node
        OwnDown,
        OwnOut
    }

    bool private isSetUp;
    EpochReport private last;
    bool private isLastTrue;
    uint256[14] public done;

    function setUp() public override {
        if (isSetUp) return;
        isSetUp = true;
        super.setUp();
    }

    /// @dev One step. The first seed of a life says how large the coalition is.
    function act(uint256 seed) external {
        vm.roll(block.number + 1);
        clock += seed % 17 == 0 ? seed % 16 days : seed % 40 minutes;
        vm.warp(clock);
        uint256 action = (seed >> 16) % 16;
        seed = uint256(keccak256(abi.encode(seed)));
        if (coalition == 0) {
            coalition = uint64(19 + seed % 2);
            lastAlive = N - (21 - coalition);
        }
        if (action < 6) _rounds(seed);
        else if (action < 8) _grab(seed);
        else if (action == 8) _payLater();
        else if (action == 9) _drop();
        else if (action < 12) _liquidate(seed);
        else if (action == 12) _claimHonestly();
        else if (action == 13) _leave(seed);
        else if (action == 14) _spoof(seed);
        else _rounds(seed << 8 | 1);
        clock = vm.getBlockTimestamp();
    }

    // --- reports ---

    /// @dev Up to 60 epochs. In most the coalition alone signs a false report; in some the others sign a true one too.
    /// After each the honest contest; before they do, the coalition drops whom it can.
    function _rounds(uint256 seed) private {
        uint256 rounds = seed % 4 == 0 ? 1 + (seed >> 8) % 60 : 1;
        for (uint256 i = 0; i < rounds; ++i) {
            bool isTrue = (seed >> (16 + i % 64)) & 7 == 0;
            EpochReport memory report = _reportOf(_closeRunning());
            uint256 signers = _bits(1, isTrue ? lastAlive : coalition);
            if (!isTrue) report.rewardsRoot = keccak256(abi.encode("false", report.epoch));
            report.decommission = _victims(uint256(keccak256(abi.encode(seed, i))));
            if ((seed >> 80) % 4 == 0) report.activate = _returning(seed >> 88);
            if (!_record(report, signers, isTrue)) return;
            if ((seed >> 90) % 2 == 0) _drop();
            _contestAll();
        }
    }

    function _record(EpochReport memory report, uint256 signers, bool isTrue) private returns (bool success) {
        (uint256 secret, uint64[] memory non, uint64[] memory extra) = _listsOf(signers);
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashEpochReport(report));
        (success,) = address(rewards).call(abi.encodeCall(rewards.reportEpoch, (report, signature, non, extra)));
        assertTrue(success == _records(signers), "recorded at two thirds of the active stake");
        if (!success) return false;
        (++reports, last = report, isLastTrue = isTrue);
        bool pays = _movesMoney(signers);
        assertTrue(isTrue || !pays, "no false root becomes payable");
        assertTrue(rewards.isPayable(report.epoch) == pays, "payable at three quarters of what is not silent");
        if (pays) (++payable_, ++done[uint256(Deed.PayableRoot)]);
        ++done[uint256(isTrue ? Deed.TrueReport : Deed.FalseReport)];
        _apply(report);
    }

    function _apply(EpochReport memory report) private {
        (uint256 before,) = _honest();
        uint256 own = _ownDown();
        _ghostActivate(report.activate);
        _ghostDecommission(report.decommission);
        (uint256 down, uint256 all) = _honest();
        if (down > before) ++done[uint256(Deed.HonestDown)];
        if (down == all) ++done[uint256(Deed.AllHonestDown)];
        if (_ownDown() > own) ++done[uint256(Deed.OwnDown)];
    }

    /// @dev A later record of the last report by the coalition alone: never accepted, unless the report was true and
    /// they are enough, which they are not.
    function _payLater() private {
        if (reports == 0) return;
        (uint256 secret, uint64[] memory non, uint64[] memory extra) = _listsOf(_bits(1, coalition));
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashEpochReport(last));
        (bool success,) = address(rewards).call(abi.encodeCall(rewards.reportEpoch, (last, signature, non, extra)));
        assertTrue(!success, "no later record of the coalition's");
        ++done[uint256(Deed.FalseRoot)];
    }

    // --- money ---

    /// @dev The coalition signs a claim for itself, and names itself as it likes: truly, or the dead as signers too.
    function _grab(uint256 seed) private {
        uint256 signers = _bits(1, coalition);
        uint256 named = seed % 4 == 0 ? signers | _bits(lastAlive + 1, N) : signers;
        (uint256 secret,,) = _listsOf(signers);
        (, uint64[] memory non, uint64[] memory extra) = _listsOf(named);
        if (seed % 4 == 1) non = none;
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashRewardClaim(THIEF, 1e9));
        (bool success,) = address(rewards).call(
            abi.encodeCall(rewards.updateRewardsBalance, (THIEF, 1e9, signature, non, extra))
        );
        assertTrue(!success, "the coalition moves no money");
        ++done[uint256(Deed.Grab)];
    }

    /// @dev All that are alive sign a true claim: it passes exactly when they are enough.
    function _claimHonestly() private {
        uint256 signers = _bits(1, lastAlive);
        (uint256 secret, uint64[] memory non, uint64[] memory extra) = _listsOf(signers);
        uint256 amount = honestLifetime + 1;
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashRewardClaim(HONEST, amount));
        (bool success,) = address(rewards).call(
            abi.encodeCall(rewards.updateRewardsBalance, (HONEST, amount, signature, non, extra))
        );
        assertTrue(success == _movesMoney(signers), "by enough of the stake that is not silent, and only so");
        if (success) (honestLifetime = amount, ++done[uint256(Deed.HonestClaim)]);
    }

    // --- nodes ---

    function _drop() private {
        (,, uint256 before) = _heads();
        rewards.dropSilent(_range(1, N));
        _ghostDrop();
        (,, uint256 silent) = _heads();
        if (silent > before) ++done[uint256(Deed.Drop)];
    }

    /// @dev Anybody's node: an honest one more often than not.
    function _liquidate(uint256 seed) private {
        uint64 id = uint64(seed % 4 == 0 ? 1 + (seed >> 8) % N : coalition + 1 + (seed >> 8) % (N - coalition));
        Ghost storage ghost = ghosts[id];
        vm.prank(THIEF);
        (bool success,) = address(rewards).call(abi.encodeCall(rewards.liquidateBLSPublicKey, (id)));
        bool isHonest = id > coalition && id <= lastAlive;
        if (isHonest && ghost.state == NodeState.Decommissioned) ++done[uint256(Deed.HonestSpared)];
        if (!success) return;
        assertTrue(!isHonest, "no honest node is liquidated");
        assertTrue(reports - ghost.heardAt >= 168, "nor any other that is not silent");
        if (id > lastAlive) ++done[uint256(Deed.DeadLiquidated)];
        ghost.state = NodeState.Exited;
    }

    /// @dev One of the coalition's own leaves, so that what is left of it is a larger part: of the rest, not of the
    /// whole.
    function _leave(uint256 seed) private {
        uint64 id = uint64(1 + seed % coalition);
        // Two of its nodes at most, or there is no coalition.
        if (ghosts[id].state == NodeState.Exited || done[uint256(Deed.OwnOut)] == 2) return;
        vm.prank(_operator(id));
        rewards.initiateExitBLSPublicKey(id);
        vm.warp(vm.getBlockTimestamp() + 15 days);
        rewards.exitBLSPublicKey(id);
        ghosts[id].state = NodeState.Exited;
        ++done[uint256(Deed.OwnOut)];
    }

    /// @dev The coalition says in the dead's name that they live, to keep the floor high, or in the honest's.
    function _spoof(uint256 seed) private {
        uint64 epoch = uint64((vm.getBlockTimestamp() - rewards.genesis()) / EPOCH);
        (uint256 secret,,) = _listsOf(_bits(1, coalition));
        uint64[] memory ids = _range(seed % 2 == 0 ? lastAlive + 1 : coalition + 1, N);
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashContest(epoch));
        (bool success,) = address(rewards).call(abi.encodeCall(rewards.contestSigned, (epoch, signature, ids)));
        assertTrue(!success, "nobody contests in another's name");
        ++done[uint256(Deed.Spoof)];
    }

    // --- helpers ---

    /// @dev Whom a report lists: the dead and the honest in an order of the seed's, at times one of its own first.
    function _victims(uint256 seed) private view returns (uint64[] memory ids) {
        uint64 others = N - coalition;
        bool withOwn = seed % 16 == 0;
        ids = new uint64[](others + (withOwn ? 1 : 0));
        if (withOwn) ids[0] = uint64(1 + (seed >> 16) % coalition);
        for (uint64 i = 0; i < others; ++i) {
            ids[i + (withOwn ? 1 : 0)] = coalition + 1 + uint64((i + (seed >> 8)) % others);
        }
    }

    /// @dev Whom a report brings back: the coalition's own, and at times some of the honest.
    function _returning(uint256 seed) private view returns (uint64[] memory) {
        return _range(1, seed % 4 == 0 ? coalition + uint64(seed >> 8) % (lastAlive - coalition) : coalition);
    }

    /// @dev How many honest nodes are decommissioned, of how many.
    function _honest() private view returns (uint256 down, uint256 all) {
        all = lastAlive - coalition;
        for (uint64 id = coalition + 1; id <= lastAlive; ++id) {
            if (ghosts[id].state == NodeState.Decommissioned) ++down;
        }
    }

    function _ownDown() private view returns (uint256 down) {
        for (uint64 id = 1; id <= coalition; ++id) if (ghosts[id].state == NodeState.Decommissioned) ++down;
    }
}
